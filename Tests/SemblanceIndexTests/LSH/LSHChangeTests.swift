import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

@Suite struct LSHChangeTests {
    private static let parameters = LSHParameters(bitCount: 9, tableCount: 6, probeCount: 80)

    @Test func manySmallInsertionsFindWhatOneLargeOneFinds() async throws {
        let vectors = clusteredVectors(3000, dimension: 24, seed: 1)
        let whole = try HashedBench(dimension: 24, Self.parameters)
        let grown = try HashedBench(dimension: 24, Self.parameters)
        let images = vectors.enumerated().map { (CatalogueImage.ID(rawValue: Int64($0 + 1)), $1) }
        try await whole.index.insert(images)
        var start = 0
        for (number, size) in [1, 1, 1, 700, 30, 2, 500, 64, 1, 900, 800].enumerated() {
            let batch = Array(images[start..<min(start + size, images.count)])
            try await grown.index.insert(number % 2 == 0 ? batch : batch.reversed())
            start += batch.count
        }
        #expect(start == 3000)
        #expect(try await grown.index.count() == 3000)
        // Rows have other places, but the same keys: the same candidates.
        for query in clusteredVectors(40, dimension: 24, seed: 2) {
            #expect(try await grown.search(query, limit: 20) == whole.search(query, limit: 20))
        }
        #expect(grown.index.runCount <= 12, "\(grown.index.runCount)")
    }

    @Test func removedVectorsAreGoneAndMayComeBack() async throws {
        let vectors = clusteredVectors(3000, dimension: 24, seed: 3)
        var options = HashedBench.options()
        options.minimumDeadCount = 200
        let bench = try await HashedBench(vectors, Self.parameters, options: options)
        let fullByteCount = bench.index.memoryByteCount
        let gone = bench.images.filter { $0.0 % 2 == 0 }
        let left = bench.images.filter { $0.0 % 2 == 1 }
        for start in stride(from: 0, to: gone.count, by: 100) {
            try await bench.index.remove(gone[start..<start + 100].map { .init(rawValue: $0.0) })
        }
        #expect(try await bench.index.count() == 1500)
        #expect(Double(bench.index.memoryByteCount) < 0.75 * Double(fullByteCount), "dead rows are let go")
        let queries = clusteredVectors(60, dimension: 24, seed: 4)
        for query in queries {
            #expect(try await bench.search(query, limit: 30).allSatisfy { $0.id.rawValue % 2 == 1 })
        }
        #expect(try await bench.recall(of: queries, among: left) > 0.9)
        try await bench.index.insert(gone.map { (.init(rawValue: $0.0), $0.1) })
        #expect(try await bench.index.count() == 3000)
        #expect(try await bench.recall(of: queries) > 0.9)
        try await bench.index.remove(bench.images.map { .init(rawValue: $0.0) })
        #expect(try await bench.index.count() == 0)
        #expect(try await bench.search(queries[0], limit: 5) == [])
    }

    @Test func searchesAreRightWhileRowsComeAndGo() async throws {
        let vectors = clusteredVectors(2400, dimension: 24, seed: 5)
        var options = HashedBench.options()
        options.minimumDeadCount = 100
        let bench = try await HashedBench(vectors, Self.parameters, options: options)
        let truth = Dictionary(uniqueKeysWithValues: bench.images)
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Images that are no multiple of 3 leave and come back.
                for round in 0..<30 {
                    let ids = (1...2400).filter { $0 % 3 != 0 && $0 % 10 == round % 10 }.map(Int64.init)
                    try await bench.index.remove(ids.map { .init(rawValue: $0) })
                    try await bench.index.insert(ids.map { (.init(rawValue: $0), truth[$0]!) })
                }
                isDone.set()
            }
            for part in 0..<2 {
                group.addTask {
                    var round = 0
                    while !isDone.isSet || round < 30 {
                        let number = Int64((round * 37 + part) % 800 * 3 + 3)
                        round += 1
                        let found = try await bench.search(truth[number]!, limit: 20)
                        #expect(found.count == 20)
                        // A vector shares every bucket with itself, so it is found whatever goes on.
                        #expect(found[0].score >= 0.9999)
                        #expect(Set(found.map(\.id)).count == 20)
                        #expect(found.allSatisfy { $0.score == exactScore(truth[number]!, truth[$0.id.rawValue]!) })
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await bench.index.count() == 2400)
    }

    @Test func rejectsVectorsThatItCannotHold() async throws {
        let bench = try await HashedBench(clusteredVectors(50, dimension: 24, seed: 6), Self.parameters)
        let long = await #expect(throws: IndexError.self) {
            try await bench.index.insert([(.init(rawValue: 99), Embedding(unit: [Float](repeating: 1, count: 24)))])
        }
        #expect(long?.code == .notUnitLength)
        #expect(try await bench.index.count() == 50)
    }
}
