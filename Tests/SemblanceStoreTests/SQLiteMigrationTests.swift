import Foundation
import GRDB
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// What becomes of a database that an older version left.
@Suite struct SQLiteMigrationTests {
    private let folder: TemporaryFolder
    private let script: String
    private var path: String { folder.path("semblance.sqlite") }

    /// A database of version 1, closed: all of it is in the one file.
    init() throws {
        folder = try TemporaryFolder()
        script = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/schema-1.sql"),
            encoding: .utf8)
        let pool = try DatabasePool(path: path)
        try pool.write { [script] in try $0.execute(sql: script) }
        try pool.close()
    }

    private func version() throws -> Int? {
        try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    }

    @Test func aStepThatWasReleasedNeverChanges() {
        #expect(script.contains(SQLiteSchema.steps[0]))
    }

    @Test func aWriterBringsVersion1UpToDateWithAllItsImages() async throws {
        #expect(try version() == 1)
        let store = SQLiteCatalogueStore(database: try await SQLiteDatabase.open(path: path, role: .writer))
        #expect(try version() == SQLiteSchema.steps.count)

        let catalogue = try await store.catalogue(named: "default")
        #expect(catalogue.modelID == "dhash" && catalogue.filterableKeys.isEmpty)
        let images = try await store.images(in: catalogue.id, matching: nil, after: nil, limit: 9)
        #expect(images.map(\.id.rawValue) == [1, 2])
        #expect(images.map(\.location) == [.inPlace(path: "/pictures/grey.png"), .inPlace(path: "/pictures/rgb.png")])
        let metadata: [JSONValue] = [
            ["maker": ["country": "Åland"], "price": 12.5], ["price": 7, "tags": ["a", "b"]],
        ]
        #expect(images.map(\.metadata) == metadata)
        let filter = try MetadataFilter(text: "maker.country=Åland,price>10")
        #expect(try await store.images(matching: filter, in: catalogue.id) == [images[0].id])

        let spaces = try await store.embeddingCounts(in: catalogue.id)
        #expect(spaces.map(\.count) == [2])
        let space = try #require(spaces.first).space
        let embeddings = try await store.embeddings(of: [images[0].id], in: space)
        let embedding = try #require(embeddings.first).1
        #expect(embedding.dimension == 64 && embedding.values.prefix(4) == [-0.125, -0.125, -0.125, 0.125])
        let file = SourceFile(
            path: "/pictures/grey.png", byteCount: 1717, modifiedNanoseconds: 1_795_939_824_628_564_836)
        #expect(try await store.unchanged([file], in: space).map(\.?.id) == [images[0].id])

        try await store.setFilterableKeys(["price"], of: catalogue.id)
        #expect(try await store.catalogue(named: "default").filterableKeys == ["price"])
    }

    @Test func aWriterKeepsVersion1sJobsAndKeys() async throws {
        let database = try await SQLiteDatabase.open(path: path, role: .writer)
        let jobs = SQLiteJobStore(database: database)
        let job = try await jobs.job(Job.ID(rawValue: "8cf6affc7db165b75c33afc1e2f538fc"))
        #expect(job.state == .succeeded && job.progress == JobProgress(total: 3, done: 2, failed: 1))
        let failures = try await jobs.failures(of: job.id, limit: 9, offset: 0)
        #expect(failures.map(\.code) == ["image-unsupported-format"])
        #expect(try await SQLiteAPIKeyStore(database: database).keys().map(\.name) == ["laptop"])
    }

    /// A reader may be of a newer version than the process that writes.
    @Test func aReaderLeavesVersion1AsItIs() async throws {
        let before = try #require(FileManager.default.contents(atPath: path))
        await expectStoreError(.olderSchema, mentioning: "schema 1 of \(SQLiteSchema.steps.count)") {
            try await SQLiteDatabase.open(path: path, role: .reader)
        }
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test func aReaderFollowsAWriterThatBroughtItUpToDate() async throws {
        let writer = try await SQLiteDatabase.open(path: path, role: .writer)
        let reader = try await SQLiteDatabase.open(path: path, role: .reader)
        #expect(try await SQLiteCatalogueStore(database: reader).catalogues().map(\.name) == ["default"])
        withExtendedLifetime(writer) {}
    }
}
