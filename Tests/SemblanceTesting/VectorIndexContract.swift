import SemblanceCore
import Testing

/// What every `VectorIndex` promises, tried through the protocol alone.
///
/// A test target runs all of it against its implementation:
///
///     @Test(arguments: VectorIndexContract.checks)
///     func meetsTheContract(_ check: VectorIndexContract.Check) async throws {
///         try await check.run(VectorIndexContract { dimension in … })
///     }
public struct VectorIndexContract: Sendable {
    /// An empty index of a new space, and the catalogue behind it.
    public struct Fixture: Sendable {
        public let index: any VectorIndex
        /// Makes images with this metadata in the catalogue, without embeddings. Returns their numbers, ascending.
        public let makeImages: @Sendable ([JSONValue]) async throws -> [CatalogueImage.ID]

        public init(
            index: any VectorIndex, makeImages: @escaping @Sendable ([JSONValue]) async throws -> [CatalogueImage.ID]
        ) {
            self.index = index
            self.makeImages = makeImages
        }
    }

    /// One promise.
    public struct Check: Sendable, CustomTestStringConvertible {
        public let testDescription: String
        public let run: @Sendable (VectorIndexContract) async throws -> Void
    }

    /// Makes an empty index with this many dimensions.
    let makeFixture: @Sendable (Int) async throws -> Fixture
    /// Share of the true neighbours that a search must return: 1 for an exact index.
    let minimumRecall: Double

    /// - Parameter minimumRecall: below 1 for approximate indexes.
    public init(
        minimumRecall: Double = 1, makeFixture: @escaping @Sendable (Int) async throws -> Fixture
    ) {
        self.minimumRecall = minimumRecall
        self.makeFixture = makeFixture
    }

    public static let checks: [Check] = [
        Check(testDescription: "an empty index finds nothing") { try await $0.emptyIndexFindsNothing() },
        Check(testDescription: "finds the nearest, nearest first") { try await $0.findsTheNearest() },
        Check(testDescription: "returns all when asked for more than there are") { try await $0.returnsAll() },
        Check(testDescription: "breaks ties by ascending number") { try await $0.breaksTiesByNumber() },
        Check(testDescription: "leaves out lower scores") { try await $0.leavesOutLowerScores() },
        Check(testDescription: "a filter restricts exactly") { try await $0.filterRestrictsExactly() },
        Check(testDescription: "inserting again changes nothing") { try await $0.insertingAgainChangesNothing() },
        Check(testDescription: "removed vectors are not found") { try await $0.removedVectorsAreNotFound() },
        Check(testDescription: "refuses other dimensions") { try await $0.refusesOtherDimensions() },
        Check(testDescription: "lists pairs, most similar first") { try await $0.listsPairs() },
        Check(testDescription: "searches see batches wholly or not at all") { try await $0.batchesAreAtomic() },
    ]
}

/// A generator with a fixed seed (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}

extension Embedding {
    /// A vector of unit length in any direction.
    public static func random(_ dimension: Int, using generator: inout SeededGenerator) -> Embedding {
        while true {
            let values = (0..<dimension).map { _ in
                // The sum of four uniform numbers is near enough to normal.
                (0..<4).reduce(Float(-2)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
            }
            if let embedding = Embedding(normalising: values) { return embedding }
        }
    }
}

extension VectorIndexContract {
    private static let dimension = 24
    /// What single precision may cost.
    private static let tolerance: Float = 1e-5

    private struct Content {
        let index: any VectorIndex
        let images: [(CatalogueImage.ID, Embedding)]
    }

    /// An index with random vectors; image n has the metadata {"n": n}.
    private func filled(_ count: Int, seed: UInt64) async throws -> Content {
        var generator = SeededGenerator(seed: seed)
        let fixture = try await makeFixture(Self.dimension)
        let ids = try await fixture.makeImages((0..<count).map { .object(["n": .number(Double($0))]) })
        let images = ids.map { ($0, Embedding.random(Self.dimension, using: &generator)) }
        try await fixture.index.insert(images)
        return Content(index: fixture.index, images: images)
    }

    private func query(_ seed: UInt64) -> Embedding {
        var generator = SeededGenerator(seed: seed)
        return .random(Self.dimension, using: &generator)
    }

    private func score(_ a: Embedding, _ b: Embedding) -> Float {
        Float(zip(a.values, b.values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
    }

    /// Compares with a search by brute force, allowing for rounding.
    private func expect(
        _ found: [Neighbour], near query: Embedding, among images: [(CatalogueImage.ID, Embedding)], limit: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let truth = Dictionary(uniqueKeysWithValues: images.map { ($0.0, score(query, $0.1)) })
        let best = truth.values.sorted(by: >).prefix(limit)
        #expect(found.count == best.count, sourceLocation: sourceLocation)
        #expect(Set(found.map(\.id)).count == found.count, "no image twice", sourceLocation: sourceLocation)
        for neighbour in found {
            let expected = truth[neighbour.id] ?? .nan
            #expect(abs(neighbour.score - expected) <= Self.tolerance, sourceLocation: sourceLocation)
        }
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score }, sourceLocation: sourceLocation)
        guard let worst = best.last else { return }
        let hits = found.filter { (truth[$0.id] ?? -2) >= worst - Self.tolerance }.count
        #expect(Double(hits) >= minimumRecall * Double(best.count), sourceLocation: sourceLocation)
    }

    func emptyIndexFindsNothing() async throws {
        let index = try await makeFixture(Self.dimension).index
        #expect(index.dimension == Self.dimension)
        #expect(try await index.count() == 0)
        #expect(try await index.search(near: query(1), limit: 10, minimumScore: nil, matching: nil) == [])
        #expect(try await index.pairs(minimumScore: -1, limit: 10) == [])
    }

    func findsTheNearest() async throws {
        let content = try await filled(500, seed: 2)
        for limit in [1, 2, 10, 100, 499] {
            let query = query(UInt64(limit))
            let found = try await content.index.search(near: query, limit: limit, minimumScore: nil, matching: nil)
            expect(found, near: query, among: content.images, limit: limit)
        }
    }

    func returnsAll() async throws {
        let content = try await filled(60, seed: 3)
        for limit in [60, 61, 1_000_000] {
            let found = try await content.index.search(near: query(4), limit: limit, minimumScore: nil, matching: nil)
            expect(found, near: query(4), among: content.images, limit: limit)
        }
    }

    func breaksTiesByNumber() async throws {
        let fixture = try await makeFixture(Self.dimension)
        let ids = try await fixture.makeImages((0..<40).map { _ in .object([:]) })
        let (near, far) = (query(5), query(6))
        try await fixture.index.insert(ids.reversed().enumerated().map { ($1, $0 % 2 == 0 ? near : far) })
        let found = try await fixture.index.search(near: near, limit: 15, minimumScore: nil, matching: nil)
        let expected = ids.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(found.map(\.id) == Array(expected.prefix(15)))
    }

    func leavesOutLowerScores() async throws {
        let content = try await filled(300, seed: 7)
        let query = query(8)
        let scores = content.images.map { score(query, $0.1) }.sorted(by: >)
        // Halfway between two scores, so that rounding cannot matter.
        let minimum = (scores[20] + scores[21]) / 2
        let found = try await content.index.search(near: query, limit: 100, minimumScore: minimum, matching: nil)
        expect(found, near: query, among: content.images, limit: 21)
        let none = try await content.index.search(near: query, limit: 100, minimumScore: 1.5, matching: nil)
        #expect(none == [])
    }

    func filterRestrictsExactly() async throws {
        let content = try await filled(600, seed: 9)
        for count in [0, 1, 6, 60, 300, 599] {
            let filter = MetadataFilter.compare(path: ["n"], .less, .number(Double(count)))
            let query = query(UInt64(100 + count))
            let found = try await content.index.search(near: query, limit: 20, minimumScore: nil, matching: filter)
            expect(found, near: query, among: Array(content.images.prefix(count)), limit: 20)
        }
    }

    func insertingAgainChangesNothing() async throws {
        let content = try await filled(20, seed: 10)
        try await content.index.insert(content.images + [(content.images[0].0, query(11))])
        #expect(try await content.index.count() == 20)
        let found = try await content.index.search(
            near: content.images[0].1, limit: 1, minimumScore: nil, matching: nil)
        #expect(found.first?.id == content.images[0].0)
    }

    func removedVectorsAreNotFound() async throws {
        let content = try await filled(200, seed: 12)
        let gone = content.images.indices.filter { $0 % 3 == 0 }.map { content.images[$0].0 }
        try await content.index.remove(gone + gone)
        try await content.index.remove([CatalogueImage.ID(rawValue: .max)])
        let left = content.images.filter { !gone.contains($0.0) }
        #expect(try await content.index.count() == left.count)
        for limit in [5, 500] {
            let found = try await content.index.search(near: query(13), limit: limit, minimumScore: nil, matching: nil)
            expect(found, near: query(13), among: left, limit: limit)
        }
    }

    func refusesOtherDimensions() async throws {
        let content = try await filled(3, seed: 14)
        var generator = SeededGenerator(seed: 15)
        let wrong = Embedding.random(Self.dimension + 1, using: &generator)
        let insertion = await #expect(throws: IndexError.self) {
            try await content.index.insert([(content.images[0].0, wrong)])
        }
        let search = await #expect(throws: IndexError.self) {
            try await content.index.search(near: wrong, limit: 1, minimumScore: nil, matching: nil)
        }
        #expect(insertion?.code == .dimensionMismatch && search?.code == .dimensionMismatch)
        #expect(try await content.index.count() == 3)
    }

    func listsPairs() async throws {
        let content = try await filled(120, seed: 16)
        var truth: [Set<CatalogueImage.ID>: Float] = [:]
        for (number, a) in content.images.enumerated() {
            for b in content.images[(number + 1)...] { truth[[a.0, b.0]] = score(a.1, b.1) }
        }
        let scores = truth.values.sorted(by: >)
        let minimum = (scores[200] + scores[201]) / 2
        for (limit, expected) in [(1000, 201), (50, 50)] {
            let found = try await content.index.pairs(minimumScore: minimum, limit: limit)
            #expect(found.count == expected)
            #expect(Set(found.map { [$0.first, $0.second] }).count == expected, "no pair twice")
            #expect(found.allSatisfy { $0.first < $0.second })
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
            for (pair, expected) in zip(found, scores) {
                #expect(abs(pair.score - expected) <= Self.tolerance)
                #expect(abs(pair.score - (truth[[pair.first, pair.second]] ?? .nan)) <= Self.tolerance)
            }
        }
    }

    func batchesAreAtomic() async throws {
        let fixture = try await makeFixture(Self.dimension)
        let batchCount = 12
        let ids = try await fixture.makeImages((0..<10 * batchCount).map { _ in .object([:]) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for batch in 0..<batchCount {
                let members = ids[10 * batch..<10 * batch + 10].map { ($0, query(UInt64(1000 + batch))) }
                group.addTask {
                    try await fixture.index.insert(members)
                    try await fixture.index.remove(members.map(\.0))
                }
                group.addTask {
                    for _ in 0..<20 {
                        let found = try await fixture.index.search(
                            near: members[0].1, limit: 50, minimumScore: 0.999, matching: nil)
                        #expect(found.count == 0 || found.count == 10)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.index.count() == 0)
    }
}
