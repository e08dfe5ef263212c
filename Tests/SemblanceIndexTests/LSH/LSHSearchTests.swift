import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

@Suite struct LSHSearchTests {
    static let dimension = 48
    static let vectors = clusteredVectors(6000, dimension: dimension, seed: 1)
    static let queries = clusteredVectors(100, dimension: dimension, seed: 2)

    @Test(arguments: VectorKind.allCases)
    func isExactWhenItLooksIntoEveryBucket(_ kind: VectorKind) async throws {
        let vectors = kind.vectors(700, 32, seed: 3)
        let bench = try await HashedBench(vectors, LSHParameters(bitCount: 5, tableCount: 2, probeCount: 64))
        for query in kind.vectors(8, 32, seed: 4) + VectorKind.random.vectors(4, 32, seed: 5) {
            for limit in [1, 10, 170, 700] {
                #expect(try await bench.search(query, limit: limit) == bruteForce(query, bench.images, limit: limit))
            }
        }
    }

    @Test func findsMoreWithMoreProbesAndMoreTables() async throws {
        var byProbes: [Double] = []
        for probeCount in [4, 8, 16, 32, 64] {
            let parameters = LSHParameters(bitCount: 8, tableCount: 4, probeCount: probeCount)
            byProbes.append(try await HashedBench(Self.vectors, parameters).recall(of: Self.queries))
        }
        var byTables: [Double] = []
        for tableCount in [1, 2, 4, 8] {
            let parameters = LSHParameters(bitCount: 7, tableCount: tableCount, probeCount: 2 * tableCount)
            byTables.append(try await HashedBench(Self.vectors, parameters).recall(of: Self.queries))
        }
        for recalls in [byProbes, byTables] {
            for (less, more) in zip(recalls, recalls.dropFirst()) { #expect(more > less + 0.02, "\(recalls)") }
        }
        #expect(byProbes[0] < 0.5 && byProbes[4] > 0.85, "\(byProbes)")
    }

    /// Around the origin these vectors lie in few buckets: a search would rank many more of them for its recall.
    @Test func planesThroughTheMiddleSpreadVectorsOverMoreBuckets() async throws {
        let parameters = LSHParameters(bitCount: 10, tableCount: 4, probeCount: 24)
        let centred = try await HashedBench(Self.vectors, parameters)
        let plain = try HashedBench(dimension: Self.dimension, parameters)
        try await plain.index.insert(centred.images.map { (.init(rawValue: $0.0), $0.1) })
        let (spread, narrow) = (centred.index.bucketCount(inTable: 0), plain.index.bucketCount(inTable: 0))
        #expect(spread > 2 * narrow, "\(spread) \(narrow)")
    }

    @Test func scoresAreExactAndOrdered() async throws {
        let bench = try await HashedBench(Self.vectors, LSHParameters(bitCount: 10, tableCount: 6, probeCount: 60))
        let truth = Dictionary(uniqueKeysWithValues: bench.images)
        for query in Self.queries.prefix(20) {
            let found = try await bench.search(query, limit: 50)
            #expect(found.count == 50)
            #expect(found.allSatisfy { $0.score == exactScore(query, truth[$0.id.rawValue]!) })
            #expect(found == found.sorted { ($1.score, $0.id) < ($0.score, $1.id) })
            let floor = found[20].score
            let above = try await bench.search(query, limit: 50, minimumScore: floor)
            #expect(above == found.filter { $0.score >= floor })
        }
    }

    @Test func returnsAsManyAsAskedForWhateverTheBucketsHold() async throws {
        // Long keys and one probe: most buckets are empty.
        let bench = try await HashedBench(Self.vectors, LSHParameters(bitCount: 24, tableCount: 1, probeCount: 1))
        for query in Self.queries.prefix(10) {
            #expect(try await bench.search(query, limit: 10).count == 10)
            #expect(try await bench.search(query, limit: 10_000).count == 6000)
        }
    }

    @Test func aLargerLimitLooksFurther() async throws {
        let bench = try await HashedBench(Self.vectors, LSHParameters(bitCount: 10, tableCount: 8, probeCount: 240))
        let few = try await bench.recall(of: Self.queries, limit: 10)
        let many = try await bench.recall(of: Self.queries, limit: 100)
        #expect(few > 0.85 && many > few - 0.05, "\(few) \(many)")
    }

    @Test(arguments: [1, 40, 300, 1500, 5000])
    func filtersLeaveEnough(_ count: Int) async throws {
        let bench = try await HashedBench(Self.vectors, LSHParameters(bitCount: 10, tableCount: 8, probeCount: 240))
        let filter = MetadataFilter.compare(path: ["n"], .lessOrEqual, .number(Double(count)))
        let limit = min(10, count)
        let allowed = Array(bench.images.prefix(count))
        for query in Self.queries.prefix(10) {
            let found = try await bench.search(query, limit: limit, filter: filter)
            #expect(found.count == limit && found.allSatisfy { $0.id.rawValue <= count })
        }
        #expect(try await bench.recall(of: Self.queries, limit: limit, among: allowed, filter: filter) > 0.85)
    }

    @Test func aStrictFilterIsAnsweredExactly() async throws {
        let bench = try await HashedBench(
            Self.vectors, LSHParameters(bitCount: 20, tableCount: 1, probeCount: 1),
            options: HashedBench.options(exactCount: 100))
        let filter = MetadataFilter.compare(path: ["n"], .lessOrEqual, .number(370))
        for query in Self.queries.prefix(20) {
            let expected = bruteForce(query, Array(bench.images.prefix(370)), limit: 10)
            #expect(try await bench.search(query, limit: 10, filter: filter) == expected)
        }
    }

    @Test func memoryIsWhatVectorsCodesAndTablesTake() async throws {
        let bench = try await HashedBench(Self.vectors, LSHParameters(bitCount: 10, tableCount: 6, probeCount: 60))
        let perVector = Double(bench.index.memoryByteCount) / 6000
        let tables = Double(bench.index.tableByteCount) / 6000
        // Float32, codes with their head, the record, the mark; a row's place in each table and the tables' directories.
        let rowByteCount = 48 * 4 + (8 + 48) + 24 + 1
        #expect(abs(perVector - tables - Double(rowByteCount)) < 1e-6)
        #expect(tables > 6 * 4 && tables < 6 * 12 + 1)
    }

    @Test func refusesParametersThatMakeNoIndex() throws {
        let wrong = [
            LSHParameters(bitCount: 0, tableCount: 1, probeCount: 1),
            LSHParameters(bitCount: 31, tableCount: 1, probeCount: 1),
            LSHParameters(bitCount: 8, tableCount: 0, probeCount: 1),
            LSHParameters(bitCount: 8, tableCount: 257, probeCount: 300),
            LSHParameters(bitCount: 8, tableCount: 4, probeCount: 3),
            LSHParameters(bitCount: 8, tableCount: 4, probeCount: 4, limit: 0),
        ]
        for parameters in wrong {
            let error = #expect(throws: IndexError.self) { try HashedBench(dimension: 8, parameters) }
            #expect(error?.code == .invalidParameters)
        }
    }
}
