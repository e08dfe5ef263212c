import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// A server of its own, which crashes and starts again while work goes on.
@Suite(.postgres, .serialized) struct PostgresRestartTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Off the cooperative pool.
    private func servers(_ command: String, _ arguments: String...) async throws {
        let path = folder.path
        let status = try await ThreadPool(name: "servers", threadCount: 1).run {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = [PostgresFixture.serversScript, command, path] + arguments
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        try #require(status == 0, "test-servers.sh \(command) failed")
    }

    @Test func aCrashUnderLoadCostsNothingButTime() async throws {
        try await servers("start", "postgres")
        let environment = try String(contentsOfFile: folder.path("servers.env"), encoding: .utf8)
        let text = try #require(environment.split(separator: "=", maxSplits: 1).last?.split(separator: "\n").first)
        let database = try await PostgresDatabase.open(
            PostgresConfiguration(url: try PostgresURL(String(text)), connectionCount: 4, writeRetryTime: .seconds(60)),
            schema: .migrate)
        let store = PostgresCatalogueStore(database: database)
        let space = Samples.space(in: try await store.createCatalogue(named: "c", modelID: "m").id)
        let jobs = PostgresJobStore(database: database)
        let added = Counter()
        try await withThrowingTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    for batch in 0..<40 {
                        let first = (worker * 40 + batch) * 5
                        let job = Job(work: Samples.search())
                        try await jobs.insert(job)
                        let images = (first..<first + 5).map { Samples.image($0, metadata: ["n": .number(Double($0))]) }
                        #expect(try await store.add(images, to: space).allSatisfy(\.isNewEmbedding))
                        #expect(try await jobs.start(job.id) != nil)
                        try await jobs.finish(job.id, .succeeded(result: .number(Double(first))))
                        added.next()
                    }
                }
            }
            for milestone in [20, 60] {
                while added.count < milestone { try await Task.sleep(for: .milliseconds(2)) }
                try await servers("kill", "postgres")
                try await servers("start", "postgres")
            }
            try await group.waitForAll()
        }
        #expect(try await store.imageCount(in: space.catalogueID, matching: nil) == 800)
        #expect(try await store.embeddedImages(in: space).count == 800)
        #expect(try await jobs.counts() == [.succeeded: 160])
        database.close()
        try await servers("stop")
    }
}
