import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    @Test func searchesAreRightWhileRowsComeAndGo() async throws {
        var bench = IndexBench(dimension: 32)
        bench.options.minimumDeadCount = 64
        bench.options.byteCountPerThread = 20_000
        let vectors = VectorKind.clustered.vectors(3000, 32, seed: 60)
        bench.store.fill(vectors)
        let open = try await bench.open()
        let permanent = Set((1...3000).filter { $0 % 3 == 0 }.map(Int64.init))
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<2 {
                group.addTask {
                    // Images that are no multiple of 3 leave and come back.
                    for round in 0..<20 {
                        let ids = (1...3000).filter { $0 % 3 == part + 1 && $0 % 20 == round }
                        try await open.index.remove(ids.map { .init(rawValue: Int64($0)) })
                        try await open.index.insert(ids.map { (.init(rawValue: Int64($0)), vectors[$0 - 1]) })
                        try await open.index.remove(ids.map { .init(rawValue: Int64($0)) })
                    }
                    isDone.set()
                }
                group.addTask {
                    var round = 0
                    while !isDone.isSet || round < 20 {
                        let query = vectors[(round * 37 + part) % 3000]
                        round += 1
                        let found = try await open.search(query, limit: 40)
                        #expect(found.count == 40)
                        #expect(found.allSatisfy { $0.score == exactScore(query, vectors[Int($0.id.rawValue) - 1]) })
                        // Rows that stay must be there, down to the worst that was found.
                        let worst = try #require(found.last)
                        let expected = bruteForce(query, images.filter { permanent.contains($0.0) }, limit: 40)
                            .filter { $0.score > worst.score }
                        #expect(Set(expected).isSubset(of: found))
                    }
                }
            }
            try await group.waitForAll()
        }
        for id in 1...3000 where !permanent.contains(Int64(id)) { bench.store[Int64(id)] = nil }
        #expect(try await open.index.count() == permanent.count)
        try await StorageTests.expectWhole(bench)
    }

    @Test func manyOpeningsAtOnceOpenOnce() async throws {
        let bench = IndexBench(dimension: 8)
        bench.store.fill(VectorKind.random.vectors(600, 8, seed: 61))
        let provider = bench.provider()
        try await withThrowingTaskGroup(of: LocalVectorIndex.self) { group in
            for _ in 0..<20 { group.addTask { try await provider.localIndex(for: bench.space) } }
            let indexes = try await group.reduce(into: [LocalVectorIndex]()) { $0.append($1) }
            #expect(indexes.allSatisfy { $0 === indexes[0] })
        }
        #expect(bench.store.takeFetched().count == 600)
    }

    @Test func twoHundredSearchesAtOnce() async throws {
        let bench = IndexBench(dimension: 24)
        let vectors = VectorKind.random.vectors(800, 24, seed: 62)
        bench.store.fill(vectors)
        let open = try await bench.open()
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let found = try await open.search(vectors[number], limit: 5)
                    #expect(found == bruteForce(vectors[number], images, limit: 5))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func compactionLeavesNoDeadRowsBehind() async throws {
        var bench = IndexBench(dimension: 8)
        bench.options.minimumDeadCount = 10
        let vectors = VectorKind.random.vectors(1000, 8, seed: 63)
        bench.store.fill(vectors)
        let open = try await bench.open()
        #expect(bench.generations == ["generation-000001"])
        let gone = (1...1000).filter { $0 % 2 == 0 }
        for id in gone { bench.store[Int64(id)] = nil }
        try await open.index.remove(gone.map { .init(rawValue: Int64($0)) })
        while bench.generations != ["generation-000002"] { await Task.yield() }
        let check = try await open.index.check()
        #expect(check == IndexCheckExpectation(live: 500, dead: 0))
        #expect(bench.bytes(.rows).count == 64 + 500 * 24)
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }.filter { $0.0 % 2 == 1 }
        #expect(try await open.search(vectors[0], limit: 30) == bruteForce(vectors[0], images, limit: 30))
        _ = bench.store.takeFetched()
        try await StorageTests.expectWhole(bench)
        #expect(bench.store.takeFetched() == [])
    }

    @Test func aDraftLeftByAKilledCompactionIsDeleted() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        let draft = "\(bench.spaceFolder)/generation-000002.draft"
        try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: URL(fileURLWithPath: draft + "/vectors"))
        try await StorageTests.expectWhole(bench)
        #expect(bench.generations == ["generation-000001"])
        #expect(bench.store.takeFetched() == [])
    }

    @Test func theNewestOfTwoGenerationsCounts() async throws {
        let (bench, _) = try await StorageTests.writtenBench()
        // Killed between installing the new generation and deleting the old one.
        try FileManager.default.copyItem(
            atPath: "\(bench.spaceFolder)/generation-000001", toPath: "\(bench.spaceFolder)/generation-000002")
        try await StorageTests.expectWhole(bench)
        #expect(bench.generations == ["generation-000002"])
    }
}

/// Set once, by any thread.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

/// Compares the numbers of a check.
struct IndexCheckExpectation {
    let live: Int
    let dead: Int

    static func == (check: IndexCheck, expected: IndexCheckExpectation) -> Bool {
        check.liveCount == expected.live && check.deadCount == expected.dead && check.damagedCount == 0
            && check.unwrittenCount == 0
    }
}
