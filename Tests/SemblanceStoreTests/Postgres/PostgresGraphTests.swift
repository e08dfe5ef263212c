import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Synchronization
import Testing

/// HNSW indexes on a real server: recall against brute force with fixed seeds, and building beside everything else.
@Suite(.postgres, .serialized, .timeLimit(.minutes(5))) struct PostgresGraphTests {
    private static let count = 8_000
    private static let dimension = 96

    /// A catalogue with an index; image n has the metadata {"n": n shuffled}.
    private struct Content {
        let fixture: PostgresVectorFixture
        let images: [(id: CatalogueImage.ID, vector: Embedding, number: Int)]
        let queries: [Embedding]

        init(_ kind: VectorIndexConfiguration.Kind) async throws {
            var configuration = VectorIndexConfiguration()
            configuration.kind = kind
            fixture = try await PostgresVectorFixture(
                dimension: PostgresGraphTests.dimension, configuration: configuration)
            var vectors = PhotographLikeVectors(dimension: PostgresGraphTests.dimension, seed: 31)
            let rows = (0..<PostgresGraphTests.count).map { place in
                (vector: vectors.next(), number: place * 3_571 % PostgresGraphTests.count)
            }
            queries = (0..<30).map { _ in vectors.next() }
            let ids = try await fixture.add(rows.map { ($0.vector, ["n": .number(Double($0.number))]) })
            images = zip(ids, rows).map { ($0, $1.vector, $1.number) }
        }

        func nearest(_ query: Embedding, _ limit: Int, below bound: Int) -> [CatalogueImage.ID] {
            let scored = images.filter { $0.number < bound }.map { ($0.id, $0.vector.score(with: query)) }
            let sorted = scored.sorted { (left, right) -> Bool in
                left.1 != right.1 ? left.1 > right.1 : left.0 < right.0
            }
            return sorted.prefix(limit).map(\.0)
        }

        /// Share of the true neighbours that searches find. Each must give as many as there are, in order.
        func recall(limit: Int, selectivity: Double?, queryCount: Int = 30) async throws -> Double {
            let bound = selectivity.map { Int($0 * Double(PostgresGraphTests.count)) } ?? PostgresGraphTests.count
            let filter = selectivity.map { _ in MetadataFilter.compare(path: ["n"], .less, .number(Double(bound))) }
            var (hits, total) = (0, 0)
            for query in queries.prefix(queryCount) {
                let found = try await fixture.index.search(
                    near: query, limit: limit, minimumScore: nil, matching: filter)
                let expected = nearest(query, limit, below: bound)
                #expect(found.count == expected.count)
                #expect(zip(found, found.dropFirst()).allSatisfy { ($1.score, $0.id) <= ($0.score, $1.id) })
                hits += Set(found.map(\.id)).intersection(expected).count
                total += expected.count
            }
            return Double(hits) / Double(total)
        }
    }

    @Test(arguments: VectorIndexConfiguration.Kind.allCases)
    func findsNearlyAllWhateverTheFilter(kind: VectorIndexConfiguration.Kind) async throws {
        let content = try await Content(kind)
        let index = content.fixture.index
        #expect(try await index.build { _ in } == .built)
        // The index is what answers, with a filter, too: else this would measure an exact scan.
        for filter in [nil, MetadataFilter.exists(path: ["n"], true)] {
            let plan = try await index.explain(near: content.queries[0], limit: 10, matching: filter)
            #expect(
                plan.contains("Index Scan using embeddings_") && plan.contains("_\(kind.rawValue)_m16_e64"), "\(plan)")
        }
        for selectivity in [nil, 0.01, 0.1, 0.5] {
            let recall = try await content.recall(limit: 10, selectivity: selectivity)
            #expect(recall >= 0.95, "selectivity \(selectivity ?? 1)")
        }
        for (limit, selectivity) in [(100, nil), (1_500, nil), (1_200, 0.5), (1_000_000, nil)] as [(Int, Double?)] {
            let recall = try await content.recall(limit: limit, selectivity: selectivity, queryCount: 5)
            #expect(recall >= 0.95, "\(limit) with selectivity \(selectivity ?? 1)")
        }
    }

    @Test func staysRightWhileImagesComeAndGo() async throws {
        let content = try await Content(.halfvec)
        let index = content.fixture.index
        try await index.build { _ in }
        let gone = Set(content.images.prefix(2_000).map(\.id))
        _ = try await content.fixture.store.deleteImages(Array(gone))
        var vectors = PhotographLikeVectors(dimension: Self.dimension, seed: 32)
        let new = (0..<100).map { _ in vectors.next() }
        let ids = try await content.fixture.add(new.map { ($0, [:]) }, from: Self.count)
        for (vector, id) in zip(new, ids) {
            let found = try await index.search(near: vector, limit: 10, minimumScore: nil, matching: nil)
            #expect(found.first?.id == id)
            #expect(found.count == 10)
            #expect(!found.contains { gone.contains($0.id) })
        }
        let least = try await index.search(near: new[0], limit: 10, minimumScore: 0.999, matching: nil)
        #expect(least.map(\.id) == [ids[0]])
    }

    @Test func findsCopiesThroughTheIndex() async throws {
        let content = try await Content(.halfvec)
        let copied = content.images[100].vector
        // More copies than are asked for at first.
        let copies = try await content.fixture.add((0..<40).map { _ in (copied, [:]) }, from: Self.count)
        try await content.fixture.index.build { _ in }
        let group = copies + [content.images[100].id]
        let pairs = try await content.fixture.index.pairs(minimumScore: 0.9999, limit: 10_000)
        let expected = group.count * (group.count - 1) / 2
        #expect(Double(pairs.count) >= 0.95 * Double(expected) && pairs.count <= expected)
        #expect(pairs.allSatisfy { group.contains($0.first) && group.contains($0.second) && $0.first < $0.second })
        #expect(try await content.fixture.index.pairs(minimumScore: 0.9999, limit: 7).count == 7)
    }

    @Test func isBuiltOnceBesideSearchesAndInsertionsAndTellsHowFarItIs() async throws {
        let content = try await Content(.halfvec)
        let fixture = content.fixture
        let elsewhere = try PostgresVectorIndexes(database: try await fixture.server.open()).postgresIndex(
            for: fixture.space)
        let log = BuildLog()
        let visiting = Task {
            var vectors = PhotographLikeVectors(dimension: Self.dimension, seed: 33)
            var count = 0
            while !log.isBuilt {
                let vector = vectors.next()
                let id = try await fixture.add([(vector, [:])], from: Self.count + count)[0]
                let found = try await fixture.index.search(near: vector, limit: 3, minimumScore: nil, matching: nil)
                #expect(found.first?.id == id)
                count += 1
            }
            return count
        }
        async let one = fixture.index.build { log.add($0) }
        async let other = elsewhere.build { _ in }
        let outcomes = try await [one, other]
        log.isBuilt = true
        let during = try await visiting.value
        #expect(outcomes.filter { $0 == .built }.count == 1, "\(outcomes)")
        #expect(during > 0)
        #expect(try await graphs(fixture) == ["halfvec_m16_e64 valid"])
        #expect(try await fixture.index.build { _ in } == .present)
        if outcomes[0] == .built {
            let seen = log.reports
            #expect(
                seen.contains { $0.phase.contains("building index") && $0.total >= Self.count && $0.done <= $0.total })
        }
        #expect(try await fixture.index.count() == Self.count + during)
    }

    @Test func dropsWhatACrashLeftAndWhatTheConfigurationReplaced() async throws {
        let content = try await Content(.halfvec)
        let fixture = content.fixture
        try await fixture.index.build { _ in }
        // What is left of a build that was cut short.
        try await fixture.server.script(
            """
            UPDATE pg_index SET indisvalid = FALSE FROM pg_class
            WHERE pg_class.oid = indexrelid AND relname LIKE '%halfvec_m16_e64'
            """)
        #expect(try await graphs(fixture) == ["halfvec_m16_e64 invalid"])
        #expect(try await fixture.index.build { _ in } == .built)
        #expect(try await graphs(fixture) == ["halfvec_m16_e64 valid"])
        var configuration = VectorIndexConfiguration()
        (configuration.kind, configuration.linkCount) = (.vector, 8)
        let other = try PostgresVectorIndexes(database: fixture.database, configuration: configuration)
        #expect(try await other.postgresIndex(for: fixture.space).build { _ in } == .built)
        #expect(try await graphs(fixture) == ["vector_m8_e64 valid"])
    }

    @Test func aCancelledBuildLeavesNothing() async throws {
        let content = try await Content(.halfvec)
        let fixture = content.fixture
        let building = Task { try await fixture.index.build { _ in } }
        while try await graphs(fixture).isEmpty { await Task.yield() }
        building.cancel()
        await #expect(throws: CancellationError.self) { try await building.value }
        // The server hears of it on another connection.
        #expect(try await fixture.index.build { _ in } == .built)
        #expect(try await graphs(fixture) == ["halfvec_m16_e64 valid"])
    }

    @Test func isNotBuiltForFew() async throws {
        let fixture = try await PostgresVectorFixture(dimension: 8)
        var generator = SeededGenerator(seed: 34)
        try await fixture.add((0..<100).map { _ in (.random(8, using: &generator), [:]) })
        #expect(try await fixture.index.build { _ in } == .notNeeded)
        #expect(try await graphs(fixture).isEmpty)
    }

    /// What a build reported, and whether it is over.
    private final class BuildLog: Sendable {
        private let state = Mutex<(reports: [IndexBuildProgress], isBuilt: Bool)>(([], false))

        var reports: [IndexBuildProgress] { state.withLock { $0.reports } }
        var isBuilt: Bool {
            get { state.withLock { $0.isBuilt } }
            set { state.withLock { $0.isBuilt = newValue } }
        }

        func add(_ report: IndexBuildProgress) { state.withLock { $0.reports.append(report) } }
    }

    /// HNSW indexes of the fixture's database: kind and parameters, and whether they can be used.
    private func graphs(_ fixture: PostgresVectorFixture) async throws -> [String] {
        try await fixture.database.read { connection in
            try connection.query(
                """
                SELECT regexp_replace(class.relname::text, '^embeddings_[0-9]+_c[0-9]+_', '')
                    || CASE WHEN indisvalid THEN ' valid' ELSE ' invalid' END
                FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid JOIN pg_am ON pg_am.oid = class.relam
                WHERE amname = 'hnsw' ORDER BY 1
                """
            ).map { try $0[0] }
        }
    }
}
