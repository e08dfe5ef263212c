import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

func contents(_ path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

/// What files survive, and what becomes of them.
@Suite struct StorageTests {
    static let dimension = 9

    /// An index whose last append added images 6, 7 and 8; closed again.
    static func writtenBench() async throws -> (bench: IndexBench, before: [FileKind: Int]) {
        let bench = IndexBench(dimension: dimension)
        let vectors = VectorKind.random.vectors(8, dimension, seed: 40)
        bench.store.fill(Array(vectors.prefix(5)))
        let open = try await bench.open()
        let before = Dictionary(uniqueKeysWithValues: FileKind.allCases.map { ($0, bench.bytes($0).count) })
        bench.store.fill(vectors)
        try await open.index.insert((6...8).map { (.init(rawValue: Int64($0)), vectors[$0 - 1]) })
        _ = bench.store.takeFetched()
        return (bench, before)
    }

    /// Opens the index and compares it with its store.
    static func expectWhole(_ bench: IndexBench, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let open = try await bench.open()
        let images = bench.store.state.withLock { $0.embeddings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
        let query = VectorKind.random.vectors(1, bench.space.model.dimension, seed: 41)[0]
        let found = try await open.search(query, limit: 1000)
        #expect(found == bruteForce(query, images, limit: 1000), sourceLocation: sourceLocation)
    }

    @Test func reopeningFindsTheSameWithoutAskingTheStore() async throws {
        let (bench, _) = try await Self.writtenBench()
        try await Self.expectWhole(bench)
        #expect(bench.store.takeFetched() == [])
    }

    @Test func tornTailsAreCutAtEveryByteOfAnAppend() async throws {
        let (bench, before) = try await Self.writtenBench()
        let whole = Dictionary(uniqueKeysWithValues: FileKind.allCases.map { ($0, bench.bytes($0)) })
        let order: [FileKind] = [.vectors, .codes, .quantisations, .rows]
        let total = order.reduce(0) { $0 + whole[$1]!.count - before[$1]! }
        for written in 0...total {
            // What a process leaves that is killed after so many bytes.
            var left = written
            for kind in order {
                let part = min(left, whole[kind]!.count - before[kind]!)
                left -= part
                try bench.write(Array(whole[kind]!.prefix(before[kind]! + part)), to: kind)
            }
            try await Self.expectWhole(bench)
            let fetched = bench.store.takeFetched()
            let rowsWritten = max(0, written - (total - 3 * 24)) / 24
            #expect(fetched == Array((6...8).dropFirst(rowsWritten)), "after \(written) of \(total) bytes")
            #expect(bench.bytes(.rows).count == 64 + 8 * 24)
        }
    }

    @Test(arguments: FileKind.allCases)
    func anyFileMayEndAnywhere(_ kind: FileKind) async throws {
        let (bench, _) = try await Self.writtenBench()
        let whole = Dictionary(uniqueKeysWithValues: FileKind.allCases.map { ($0, bench.bytes($0)) })
        for count in 0..<whole[kind]!.count {
            for other in FileKind.allCases { try bench.write(whole[other]!, to: other) }
            try bench.write(Array(whole[kind]!.prefix(count)), to: kind)
            try await Self.expectWhole(bench)
        }
    }

    @Test(arguments: FileKind.allCases)
    func anyFlippedByteIsFoundAndMended(_ kind: FileKind) async throws {
        let (bench, _) = try await Self.writtenBench()
        let whole = Dictionary(uniqueKeysWithValues: FileKind.allCases.map { ($0, bench.bytes($0)) })
        for place in whole[kind]!.indices {
            for other in FileKind.allCases { try bench.write(whole[other]!, to: other) }
            var damaged = whole[kind]!
            damaged[place] ^= 0x10
            try bench.write(damaged, to: kind)
            _ = bench.store.takeFetched()
            try await Self.expectWhole(bench)
            #expect(!bench.store.takeFetched().isEmpty, "byte \(place) was noticed")
        }
    }

    @Test func openingCutsWhatFollowsTheLastWholeRow() async throws {
        let (bench, _) = try await Self.writtenBench()
        let whole = FileKind.allCases.map(bench.bytes)
        for kind in FileKind.allCases { try bench.write(bench.bytes(kind) + [1, 2, 3], to: kind) }
        try await Self.expectWhole(bench)
        #expect(FileKind.allCases.map(bench.bytes) == whole)
    }

    @Test func garbageInPlaceOfFilesIsReplaced() async throws {
        let (bench, _) = try await Self.writtenBench()
        for kind in FileKind.allCases {
            try bench.write(Array(repeating: 0xab, count: 5000), to: kind)
            try await Self.expectWhole(bench)
            #expect(bench.generations.count == 1)
        }
    }

    @Test func filesOfTwoGenerationsDoNotMix() async throws {
        let (bench, _) = try await Self.writtenBench()
        let (other, _) = try await Self.writtenBench()
        try bench.write(other.bytes(.vectors), to: .vectors)
        try await Self.expectWhole(bench)
        #expect(bench.store.takeFetched().count == 8)
    }

    @Test func aDeletedFolderIsMadeAgain() async throws {
        let (bench, _) = try await Self.writtenBench()
        try FileManager.default.removeItem(atPath: bench.folder.path)
        try await Self.expectWhole(bench)
        #expect(bench.store.takeFetched().count == 8)
        try await Self.expectWhole(bench)
        #expect(bench.store.takeFetched() == [])
    }

    @Test func aDeletedFileIsMadeAgain() async throws {
        let (bench, _) = try await Self.writtenBench()
        for kind in FileKind.allCases {
            try FileManager.default.removeItem(atPath: bench.path(kind))
            try await Self.expectWhole(bench)
        }
    }

    @Test func imagesThatTheStoreForgotAreLeftOutWhenOpening() async throws {
        let (bench, _) = try await Self.writtenBench()
        bench.store[2] = nil
        bench.store[8] = nil
        bench.store[20] = VectorKind.random.vectors(1, Self.dimension, seed: 42)[0]
        try await Self.expectWhole(bench)
        #expect(bench.store.takeFetched() == [20])
    }

    @Test func aCutFileIsNoticedBeforeTheNextSearch() async throws {
        let (bench, _) = try await Self.writtenBench()
        let open = try await bench.open()
        for kind in FileKind.allCases {
            #expect(truncate(bench.path(kind), 100) == 0)
            let query = VectorKind.random.vectors(1, Self.dimension, seed: 43)[0]
            let images = (1...8).map { (Int64($0), bench.store[Int64($0)]!) }
            #expect(try await open.search(query, limit: 8) == bruteForce(query, images, limit: 8))
        }
    }

    @Test func anInsertionIntoCutFilesStartsThemOver() async throws {
        let (bench, _) = try await Self.writtenBench()
        let open = try await bench.open()
        #expect(truncate(bench.path(.codes), 70) == 0)
        let new = VectorKind.random.vectors(1, Self.dimension, seed: 44)[0]
        bench.store[9] = new
        try await open.index.insert([(.init(rawValue: 9), new)])
        #expect(try await open.search(new, limit: 9).count == 9)
        try await Self.expectWhole(bench)
    }

    @Test func checkingMendsDamagedVectorsAndCodes() async throws {
        let (bench, _) = try await Self.writtenBench()
        // A vector's row takes 36 bytes, its codes 16, what they are worth 8.
        let places = [(FileKind.vectors, 64 + 36 + 9), (.codes, 64 + 2 * 16 + 9), (.quantisations, 64 + 3 * 8 + 5)]
        for (kind, place) in places {
            let open = try await bench.open()
            #expect(try await open.index.check().damagedCount == 0)
            let file = try #require(FileHandle(forUpdatingAtPath: bench.path(kind)))
            try file.seek(toOffset: UInt64(place))
            try file.write(contentsOf: [0x55, 0x77])
            try file.close()
            let check = try await open.index.check()
            #expect(check.damagedCount == 1)
            #expect(check.liveCount == 8)
            #expect(try await open.index.check().damagedCount == 0)
            try await Self.expectWhole(bench)
        }
    }

    @Test func manyInsertionsGrowPastTheMapping() async throws {
        let bench = IndexBench(dimension: 5)
        let open = try await bench.open()
        let vectors = VectorKind.random.vectors(4000, 5, seed: 45)
        for start in stride(from: 0, to: 4000, by: 250) {
            try await open.index.insert((start..<start + 250).map { (.init(rawValue: Int64($0 + 1)), vectors[$0]) })
        }
        bench.store.fill(vectors)
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }
        #expect(try await open.search(vectors[9], limit: 50) == bruteForce(vectors[9], images, limit: 50))
        try await Self.expectWhole(bench)
        #expect(bench.store.takeFetched() == [])
    }
}
