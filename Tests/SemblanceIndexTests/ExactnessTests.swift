import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

/// Results equal brute force in doubles: same images, same scores, same order.
@Suite struct ExactnessTests {
    struct Configuration: CustomTestStringConvertible, Sendable {
        let kind: VectorKind
        let dimension: Int
        let count: Int
        let seed: UInt64
        var testDescription: String { "\(kind), \(count) × \(dimension)" }
    }

    static let configurations: [Configuration] = {
        var generator = SeededGenerator(seed: 20)
        let random = (0..<40).map { number in
            let dimension = Int(exp2OfUniform(in: 0...10.5858, &generator))
            let largest = min(5000, 2_000_000 / dimension)
            return Configuration(
                kind: VectorKind.allCases.randomElement(using: &generator)!, dimension: dimension,
                count: Int.random(in: 0...largest, using: &generator), seed: UInt64(number))
        }
        return random + [
            Configuration(kind: .random, dimension: 1537, count: 1000, seed: 90),
            Configuration(kind: .clustered, dimension: 64, count: 5000, seed: 91),
            Configuration(kind: .duplicates, dimension: 8, count: 3000, seed: 92),
            Configuration(kind: .random, dimension: 3, count: 0, seed: 93),
            Configuration(kind: .random, dimension: 3, count: 1, seed: 94),
        ]
    }()

    private static func exp2OfUniform(
        in range: ClosedRange<Double>, _ generator: inout SeededGenerator
    ) -> Double {
        var value = 1.0
        let exponent = Double.random(in: range, using: &generator)
        for _ in 0..<Int(exponent * 16) { value *= 1.044273782427413840321966 }
        return value
    }

    @Test(arguments: configurations)
    func equalsBruteForce(_ configuration: Configuration) async throws {
        var generator = SeededGenerator(seed: configuration.seed + 1000)
        var bench = IndexBench(dimension: configuration.dimension)
        // Small parts, so that several threads work on them.
        bench.options.threadCount = 3
        bench.options.byteCountPerThread = 10_000
        let vectors = configuration.kind.vectors(
            configuration.count, configuration.dimension, seed: configuration.seed)
        bench.store.fill(vectors)
        let open = try await bench.open()
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }
        let queries =
            [VectorKind.random, .clustered, configuration.kind].map {
                $0.vectors(3, configuration.dimension, seed: configuration.seed + 1)[2]
            } + vectors.prefix(1)
        for query in queries {
            let limits = [1, 2, 10, Int.random(in: 1...configuration.count + 5, using: &generator)]
            for limit in limits + [max(1, configuration.count / 5), configuration.count + 5] {
                let minimum = Bool.random(using: &generator) ? Float.random(in: -0.5...0.9, using: &generator) : nil
                let found = try await open.search(query, limit: limit, minimumScore: minimum)
                #expect(found == bruteForce(query, images, limit: limit, minimumScore: minimum))
            }
        }
    }

    @Test(arguments: [1, 3, 20, 300, 1500, 2400, 3000])
    func filtersAreExactAtAnySelectivity(_ wanted: Int) async throws {
        let bench = IndexBench(dimension: 40)
        let vectors = VectorKind.clustered.vectors(3000, 40, seed: 30)
        var generator = SeededGenerator(seed: UInt64(wanted))
        let chosen = Set((1...3000).shuffled(using: &generator).prefix(wanted).map(Int64.init))
        _ = bench.store.makeImages((1...3000).map { .object(["in": .bool(chosen.contains(Int64($0)))]) })
        bench.store.fill(vectors)
        let open = try await bench.open()
        let filter = MetadataFilter.compare(path: ["in"], .equal, .bool(true))
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }.filter { chosen.contains($0.0) }
        for limit in [1, 10, 200, 5000] {
            let found = try await open.search(vectors[5], limit: limit, filter: filter)
            #expect(found == bruteForce(vectors[5], images, limit: limit))
        }
    }

    @Test func filterMayNameImagesWithoutEmbeddings() async throws {
        let bench = IndexBench(dimension: 4)
        _ = bench.store.makeImages((0..<10).map { _ in .object([:]) })
        bench.store[3] = VectorKind.random.vectors(1, 4, seed: 31)[0]
        let open = try await bench.open()
        let everything = MetadataFilter.and([])
        let found = try await open.search(bench.store[3]!, limit: 10, filter: everything)
        #expect(found.map(\.id.rawValue) == [3])
    }

    @Test func rowsOutOfOrderAreFoundByFiltersToo() async throws {
        let bench = IndexBench(dimension: 16)
        let vectors = VectorKind.random.vectors(2000, 16, seed: 32)
        _ = bench.store.makeImages((0..<2000).map { .object(["n": .number(Double($0 % 7))]) })
        let open = try await bench.open()
        var generator = SeededGenerator(seed: 33)
        // Batches of 20 in any order: a hundred runs.
        for batch in (0..<100).shuffled(using: &generator) {
            let numbers = 20 * batch..<20 * batch + 20
            try await open.index.insert(numbers.map { (.init(rawValue: Int64($0 + 1)), vectors[$0]) })
        }
        let removed = Set((1...2000).filter { $0 % 11 == 0 }.map(Int64.init))
        try await open.index.remove(removed.map { .init(rawValue: $0) })
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }.filter { !removed.contains($0.0) }
        for remainder in 0..<7 {
            let filter = MetadataFilter.compare(path: ["n"], .equal, .number(Double(remainder)))
            let expected = bruteForce(vectors[0], images.filter { ($0.0 - 1) % 7 == remainder }, limit: 12)
            #expect(try await open.search(vectors[0], limit: 12, filter: filter) == expected)
        }
        #expect(try await open.index.count() == images.count)
    }

    @Test(arguments: [VectorKind.random, .clustered, .duplicates, .oneHot, .heavyTailed])
    func pairsEqualBruteForce(_ kind: VectorKind) async throws {
        for (count, dimension) in [(0, 4), (1, 4), (2, 4), (97, 3), (700, 30), (300, 257)] {
            let bench = IndexBench(dimension: dimension)
            let vectors = kind.vectors(count, dimension, seed: UInt64(count))
            bench.store.fill(vectors)
            let open = try await bench.open()
            let all = Self.allPairs(vectors)
            for (minimum, limit) in [(Float(-1), 10), (0.2, 1_000_000), (0.9, 100), (0.999, 1)] {
                let expected = all.filter { $0.score >= minimum }.prefix(limit)
                #expect(try await open.index.pairs(minimumScore: minimum, limit: limit) == Array(expected))
            }
        }
    }

    static func allPairs(_ vectors: [Embedding]) -> [NeighbourPair] {
        var pairs: [NeighbourPair] = []
        for a in vectors.indices {
            for b in vectors.indices.dropFirst(a + 1) {
                pairs.append(
                    NeighbourPair(
                        first: .init(rawValue: Int64(a + 1)), second: .init(rawValue: Int64(b + 1)),
                        score: exactScore(vectors[a], vectors[b])))
            }
        }
        return pairs.sorted {
            $0.score != $1.score
                ? $0.score > $1.score : ($0.first, $0.second) < ($1.first, $1.second)
        }
    }

    @Test func cancellingEndsTheComparisonOfAllWithAll() async throws {
        let bench = IndexBench(dimension: 8)
        bench.store.fill(VectorKind.random.vectors(500, 8, seed: 34))
        let open = try await bench.open()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await open.index.pairs(minimumScore: 0, limit: 10)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
