import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

/// Indexes by space; readers beside the writer.
@Suite struct ProviderTests {
    @Test func aReaderBesideTheWriterSeesEverythingAndWritesNothing() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        let writer = try await bench.open()
        bench.store[9] = VectorKind.random.vectors(1, StorageTests.dimension, seed: 70)[0]
        let before = FileKind.allCases.map(bench.bytes)
        let reader = try await bench.open(.readOnly)
        #expect(try await reader.search(bench.store[9]!, limit: 1).map(\.id.rawValue) == [9])
        #expect(try await reader.index.count() == 9)
        #expect(FileKind.allCases.map(bench.bytes) == before)
        #expect(try await writer.index.count() == 8)
        // The writer goes on; the reader's view stays whole.
        try await writer.index.insert([(.init(rawValue: 9), bench.store[9]!)])
        #expect(try await reader.index.count() == 9)
        let late = try await bench.open(.readOnly)
        _ = bench.store.takeFetched()
        #expect(try await late.index.count() == 9)
        #expect(try await late.index.check().unwrittenCount == 0)
    }

    @Test func aReaderKeepsItsRowsWhileTheWriterCompacts() async throws {
        var bench = IndexBench(dimension: 8)
        bench.options.minimumDeadCount = 10
        let vectors = VectorKind.random.vectors(200, 8, seed: 71)
        bench.store.fill(vectors)
        let writer = try await bench.open()
        let reader = try await bench.open(.readOnly)
        try await writer.index.remove((1...100).map { .init(rawValue: Int64($0)) })
        while bench.generations != ["generation-000002"] { await Task.yield() }
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }
        #expect(try await reader.search(vectors[0], limit: 5) == bruteForce(vectors[0], images, limit: 5))
    }

    @Test func aReaderWithoutAnyFilesHoldsAllInMemory() async throws {
        let bench = IndexBench(dimension: 8)
        let vectors = VectorKind.random.vectors(1500, 8, seed: 72)
        bench.store.fill(vectors)
        let reader = try await bench.open(.readOnly)
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }
        #expect(try await reader.search(vectors[3], limit: 20) == bruteForce(vectors[3], images, limit: 20))
        #expect(!FileManager.default.fileExists(atPath: bench.folder.path))
    }

    @Test func aReaderDoesNotMindAnAppendUnderWay() async throws {
        let (bench, before) = try await StorageTests.writtenBench()
        let rows = bench.bytes(.rows)
        for part in before[.rows]!..<rows.count {
            try bench.write(Array(rows.prefix(part)), to: .rows)
            let reader = try await bench.open(.readOnly)
            #expect(try await reader.index.count() == 8)
            #expect(bench.bytes(.rows).count == part, "nothing was cut")
        }
    }

    @Test func aReaderMendsDamageInMemory() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        var damaged = bench.bytes(.vectors)
        damaged[64 + 3] ^= 1
        try bench.write(damaged, to: .vectors)
        let reader = try await bench.open(.readOnly)
        #expect(try await reader.search(bench.store[1]!, limit: 8).first?.id.rawValue == 1)
        #expect(bench.bytes(.vectors) == damaged)
    }

    @Test func aReaderRefusesToWrite() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        let reader = try await bench.open(.readOnly)
        let insertion = await #expect(throws: IndexError.self) {
            try await reader.index.insert([(.init(rawValue: 1), bench.store[1]!)])
        }
        let removal = await #expect(throws: IndexError.self) { try await reader.index.remove([.init(rawValue: 1)]) }
        let deletion = await #expect(throws: IndexError.self) {
            try await reader.provider.removeIndexes(of: bench.space.catalogueID)
        }
        #expect(insertion?.code == .readOnly && removal?.code == .readOnly && deletion?.code == .readOnly)
    }

    @Test func removingTouchesEveryOpenIndexOfTheCatalogue() async throws {
        let bench = IndexBench(dimension: 8)
        bench.store.fill(VectorKind.random.vectors(4, 8, seed: 73))
        let provider = bench.provider()
        let other = EmbeddingSpace(
            catalogueID: bench.space.catalogueID, model: ModelVersion(modelID: "n", digest: "ff", dimension: 8))
        let elsewhere = EmbeddingSpace(catalogueID: Catalogue.ID(rawValue: 8), model: bench.space.model)
        let indexes = [
            try await provider.index(for: bench.space), try await provider.index(for: other),
            try await provider.index(for: elsewhere),
        ]
        try await provider.remove([.init(rawValue: 1), .init(rawValue: 99)], from: bench.space.catalogueID)
        #expect(try await indexes[0].count() == 3)
        #expect(try await indexes[1].count() == 3)
        #expect(try await indexes[2].count() == 4)
    }

    @Test func indexesOfADeletedCatalogueLeaveTheDisk() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        let provider = bench.provider()
        _ = try await provider.index(for: bench.space)
        try await provider.removeIndexes(of: bench.space.catalogueID)
        #expect(!FileManager.default.fileExists(atPath: bench.spaceFolder))
        try await provider.removeIndexes(of: Catalogue.ID(rawValue: 12345))
        bench.store.state.withLock { $0.embeddings = [:] }
        #expect(try await provider.index(for: bench.space).count() == 0)
    }

    /// A compaction that begins as a catalogue is deleted would write its vectors again.
    @Test func aDeletedIndexIsNotCompacted() async throws {
        for round in 0..<20 {
            var bench = IndexBench(dimension: 8)
            bench.options.minimumDeadCount = 10
            bench.store.fill(VectorKind.random.vectors(200, 8, seed: 74))
            let open = try await bench.open()
            // Starts one, and does not wait for it.
            try await open.index.remove((1...100).map { .init(rawValue: Int64($0)) })
            if round % 2 == 0 { await Task.yield() }
            try await open.provider.removeIndexes(of: bench.space.catalogueID)
            #expect(try await !open.index.compact())
            #expect(!FileManager.default.fileExists(atPath: bench.spaceFolder))
        }
    }

    @Test func theIndexOfAnOldModelLeavesTheDiskAloneAndUnderASearch() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        let provider = bench.provider()
        let other = EmbeddingSpace(
            catalogueID: bench.space.catalogueID,
            model: ModelVersion(modelID: "n", digest: "def456", dimension: StorageTests.dimension))
        let (old, _) = (try await provider.index(for: bench.space), try await provider.index(for: other))
        try await provider.removeIndex(of: bench.space)
        #expect(try contents("\(bench.folder.path)/7") == ["def456"])
        // Whoever has it open still finds everything in it.
        let found = try await old.search(near: bench.store[1]!, limit: 9, minimumScore: nil, matching: nil)
        #expect(found.count == 8)
        // An ingestion that is still at it has nothing to put its vectors into, and goes on.
        try await old.insert([(.init(rawValue: 9), bench.store[1]!)])
        #expect(try await old.count() == 8)
        #expect(!FileManager.default.fileExists(atPath: bench.spaceFolder))
        try await provider.removeIndex(of: bench.space)
        let reader = try await bench.open(.readOnly)
        let refusal = await #expect(throws: IndexError.self) { try await reader.provider.removeIndex(of: other) }
        #expect(refusal?.code == .readOnly)
    }

    @Test func anotherModelVersionHasItsOwnFiles() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        let provider = bench.provider()
        let other = EmbeddingSpace(
            catalogueID: bench.space.catalogueID,
            model: ModelVersion(modelID: "m", digest: "def456", dimension: StorageTests.dimension))
        _ = try await provider.index(for: other)
        #expect(try contents("\(bench.folder.path)/7") == ["abc123", "def456"])
        try await StorageTests.expectWhole(bench)
    }
}
