import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite(.postgres, .timeLimit(.minutes(3))) struct PostgresVectorIndexTests {
    @Test(arguments: VectorIndexContract.checks)
    func meetsTheContract(_ check: VectorIndexContract.Check) async throws {
        try await check.run(
            VectorIndexContract { dimension in
                let index = StoredVectorIndex(fixture: try await PostgresVectorFixture(dimension: dimension))
                return .init(index: index) { try await index.makeImages($0) }
            })
    }

    @Test func filtersExactlyAsMetadataMatches() async throws {
        let fixture = try await PostgresVectorFixture(dimension: 8)
        var (generator, random) = (SeededGenerator(seed: 20), RandomMetadata(seed: 20))
        let images = (0..<150).map { _ in
            (Embedding.random(8, using: &generator), JSONValue.object([:]).merging(patch: random.metadata()))
        }
        let ids = try await fixture.add(images)
        let query = Embedding.random(8, using: &generator)
        for _ in 0..<150 {
            let filter = random.filter()
            let found = try await fixture.index.search(near: query, limit: 1_000, minimumScore: nil, matching: filter)
            let expected = zip(ids, images).filter { filter.matches($0.1.1) }.map(\.0)
            #expect(found.map(\.id).sorted() == expected.sorted(), "\(filter)")
        }
    }

    @Test func seesWhatOtherProcessesCommitAndNothingOfOtherCatalogues() async throws {
        let one = try await PostgresVectorFixture(dimension: 8)
        let other = try await PostgresVectorFixture(dimension: 8, on: one.server)
        var generator = SeededGenerator(seed: 21)
        let embedding = Embedding.random(8, using: &generator)
        let id = try await one.add([(embedding, ["n": 1])])[0]
        let elsewhere = try PostgresVectorIndexes(database: try await one.server.open()).postgresIndex(for: one.space)
        #expect(
            try await elsewhere.search(near: embedding, limit: 9, minimumScore: nil, matching: nil).map(\.id) == [id])
        _ = try await other.add([(embedding, ["n": 1])])
        let filter = MetadataFilter.compare(path: ["n"], .equal, 1)
        #expect(
            try await elsewhere.search(near: embedding, limit: 9, minimumScore: nil, matching: filter).map(\.id) == [id]
        )
        _ = try await one.store.deleteImages([id])
        #expect(try await elsewhere.search(near: embedding, limit: 9, minimumScore: nil, matching: nil) == [])
    }

    @Test func findsNothingInWhatWasDropped() async throws {
        let fixture = try await PostgresVectorFixture(dimension: 8)
        var generator = SeededGenerator(seed: 22)
        let embedding = Embedding.random(8, using: &generator)
        try await fixture.add([(embedding, [:])])
        let index = fixture.index
        #expect(try await index.search(near: embedding, limit: 9, minimumScore: nil, matching: nil).count == 1)
        _ = try await fixture.store.deleteEmbeddings(in: fixture.space, limit: 10)
        #expect(try await index.search(near: embedding, limit: 9, minimumScore: nil, matching: nil) == [])
        #expect(try await index.count() == 0)
        try await fixture.add([(embedding, [:])])
        #expect(try await index.search(near: embedding, limit: 9, minimumScore: nil, matching: nil).count == 1)
        _ = try await fixture.store.deleteCatalogue(fixture.space.catalogueID)
        #expect(try await index.search(near: embedding, limit: 9, minimumScore: nil, matching: nil) == [])
        #expect(try await index.pairs(minimumScore: 0, limit: 9) == [])
        #expect(try await index.build { _ in } == .notNeeded)
    }

    /// VGG's 4,096 dimensions have no HNSW index but the binary one, and do not fit a page.
    @Test(arguments: [2_048, 4_096])
    func takesManyDimensions(dimension: Int) async throws {
        var configuration = VectorIndexConfiguration()
        // Small enough for the graph to be used where so few would be read.
        (configuration.minimumCount, configuration.searchCandidateCount, configuration.rerankFactor) = (100, 10, 3)
        let fixture = try await PostgresVectorFixture(dimension: dimension, configuration: configuration)
        var vectors = PhotographLikeVectors(dimension: dimension, seed: 23)
        let images = (0..<600).map { _ in vectors.next() }
        let ids = try await fixture.add(images.map { ($0, [:]) })
        for isBuilt in [false, true] {
            if isBuilt { #expect(try await fixture.index.build { _ in } == .built) }
            for number in stride(from: 0, to: 600, by: 60) {
                let found = try await fixture.index.search(
                    near: images[number], limit: 5, minimumScore: nil, matching: nil)
                #expect(found.count == 5)
                #expect(found.first?.id == ids[number])
                #expect(abs((found.first?.score ?? 0) - 1) < 2e-3, "half precision")
            }
        }
    }
}
