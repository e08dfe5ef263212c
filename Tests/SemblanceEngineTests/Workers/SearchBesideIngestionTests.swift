import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceStore
import SemblanceTesting
import Testing

/// Searches never wait behind a catalogue: lanes, workers and threads of their own.
@Suite(.enabled(if: TestQueue.isWanted, TestQueue.reason), .timeLimit(.minutes(6)))
struct SearchBesideIngestionTests {
    @Test func twoHundredSearchesEndWhileAnIngestionIsHeldUp() async throws {
        let (folder, files) = (try TemporaryFolder(), try TemporaryFileStore())
        let (jobs, store) = (InMemoryJobStore(), InMemoryCatalogueStore())
        let reader = HeldImageReader()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let queue = RedisJobQueue(
            url: try RedisURL(TestQueue.url()), jobs: jobs, configuration: .init(keyPrefix: TestQueue.keyPrefix()),
            logger: logger)
        let indexes = InMemoryVectorIndexes(store: store)
        func engine(_ reader: any ImageReader) -> Engine {
            Engine(
                EngineDependencies(
                    catalogues: store, jobs: jobs, queue: queue, files: files, indexes: indexes, models: SmallModels(),
                    reader: reader, fetcher: nil, logger: logger),
                configuration: EngineConfiguration(workerThreadCount: 2))
        }
        // One process over one queue; only what ingestion reads is held.
        let (ingesting, searching) = (engine(reader), engine(SmallImageReader()))
        for number in 0..<40 { try folder.write(SmallImage.numbered(number), to: "\(number).png") }
        let work = { (path: String) in
            JobWork.ingest(
                IngestWork(
                    catalogue: "default", modelID: "small",
                    source: .paths([path], copies: false, prunes: false, metadataPath: nil)))
        }
        let workers = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await ingesting.runWorkers(lanes: [.ingest]) }
                group.addTask { try await searching.runWorkers(lanes: [.search], concurrency: 4) }
                try await group.waitForAll()
            }
        }
        let first = try await ingesting.submit(work(folder.path("3.png")))
        try await eventually { try await jobs.job(first.id).state == .succeeded }
        reader.hold()
        let held = try await ingesting.submit(work(folder.path))
        try await eventually { reader.heldCount > 0 }

        let waiting = try await withThrowingTaskGroup(of: Job.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let path = try files.makeSpoolPath()
                    try Data(SmallImage.numbered(3)).write(to: URL(fileURLWithPath: path))
                    let search = SearchWork(
                        catalogue: "default", modelID: "small", upload: SpooledUpload(path: path, name: "q.png"),
                        limit: 4)
                    let job = try await searching.submit(.search(search))
                    return try await searching.waitForJob(job.id.rawValue, timeout: .seconds(240))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(waiting.count == 200)
        #expect(waiting.allSatisfy { $0.state == .succeeded && $0.attempts == 1 })
        #expect(try await jobs.job(held.id).state == .running, "no search waited for it")
        reader.letGo()
        try await eventually { try await jobs.job(held.id).state == .succeeded }
        workers.cancel()
        try await workers.value
        await queue.close()
    }
}
