import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// A catalogue in PostgreSQL and its vector index, filled through the store as ingestion does.
struct PostgresVectorFixture: Sendable {
    /// Goes with its database.
    let server: PostgresFixture
    let database: PostgresDatabase
    let store: PostgresCatalogueStore
    let indexes: PostgresVectorIndexes
    let space: EmbeddingSpace

    init(
        dimension: Int, configuration: VectorIndexConfiguration = VectorIndexConfiguration(),
        on server: PostgresFixture? = nil
    ) async throws {
        let server = if let server { server } else { try await PostgresFixture() }
        self.server = server
        database = try await server.open()
        store = PostgresCatalogueStore(database: database)
        indexes = try PostgresVectorIndexes(database: database, configuration: configuration)
        let catalogue = try await store.createCatalogue(named: Job.ID.random().rawValue, modelID: "m")
        space = EmbeddingSpace(
            catalogueID: catalogue.id, model: ModelVersion(modelID: "m", digest: "d\(dimension)", dimension: dimension))
    }

    var index: PostgresVectorIndex { indexes.postgresIndex(for: space) }

    /// Adds images with these embeddings and metadata. Returns their numbers, in order.
    @discardableResult
    func add(_ images: [(Embedding, JSONValue)], from first: Int = 0) async throws -> [CatalogueImage.ID] {
        var ids: [CatalogueImage.ID] = []
        for start in stride(from: 0, to: images.count, by: 1_000) {
            let batch = images[start..<min(start + 1_000, images.count)].enumerated().map { place, image in
                NewImage(
                    hash: ContentHash(hashing: Array("image \(first + start + place)".utf8)), name: "i",
                    location: .stored,
                    header: ImageHeader(format: .jpeg, width: 1, height: 1), byteCount: 1, metadata: image.1,
                    embedding: image.0)
            }
            ids += try await store.add(batch, to: space).map(\.id)
        }
        return ids
    }
}

/// The index as its contract takes it: insertions and removals go through the store, which is what makes them here.
struct StoredVectorIndex: VectorIndex {
    let fixture: PostgresVectorFixture

    var dimension: Int { fixture.index.dimension }

    func count() async throws -> Int { try await fixture.index.count() }

    func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) async throws {
        try fixture.index.insert(vectors)
        _ = try await fixture.store.addEmbeddings(vectors, to: fixture.space)
    }

    func remove(_ ids: [CatalogueImage.ID]) async throws {
        _ = try await fixture.store.deleteImages(ids)
        fixture.index.remove(ids)
    }

    func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour] {
        try await fixture.index.search(near: query, limit: limit, minimumScore: minimumScore, matching: filter)
    }

    func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair] {
        try await fixture.index.pairs(minimumScore: minimumScore, limit: limit)
    }

    /// Images without an embedding in the space: they have one of another model. Rows are numbered in the order of their
    /// hashes.
    func makeImages(_ metadata: [JSONValue]) async throws -> [CatalogueImage.ID] {
        let other = EmbeddingSpace(
            catalogueID: fixture.space.catalogueID, model: ModelVersion(modelID: "other", digest: "o", dimension: 2))
        let first = try await fixture.store.imageCount(in: fixture.space.catalogueID, matching: nil)
        let images = metadata.enumerated().map { place, metadata in
            let number = withUnsafeBytes(of: UInt64(first + place).bigEndian) { Array($0) }
            return NewImage(
                hash: ContentHash(bytes: number + Array(repeating: 0, count: 24)), name: "i", location: .stored,
                header: ImageHeader(format: .jpeg, width: 1, height: 1), byteCount: 1, metadata: metadata,
                embedding: Embedding(unit: [1, 0]))
        }
        return try await fixture.store.add(images, to: other).map(\.id)
    }
}

/// Unit vectors around centres, of few degrees of freedom, as embeddings of photographs are.
struct PhotographLikeVectors {
    private let dimension: Int
    private let directions: [[Float]]
    private let centres: [[Float]]
    private var generator: SeededGenerator

    init(dimension: Int, freedom: Int = 24, centreCount: Int = 50, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func normal() -> Float { (0..<4).reduce(-2) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) } }
        self.dimension = dimension
        directions = (0..<freedom).map { _ in (0..<dimension).map { _ in normal() } }
        centres = (0..<centreCount).map { _ in (0..<freedom).map { _ in normal() } }
        self.generator = generator
    }

    mutating func next() -> Embedding {
        func normal() -> Float { (0..<4).reduce(-2) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) } }
        let centre = centres[Int.random(in: 0..<centres.count, using: &generator)]
        var values = (0..<dimension).map { _ in 0.3 * normal() }
        for (direction, place) in zip(directions, centre) {
            let share = place + 0.8 * normal()
            for index in values.indices { values[index] += share * direction[index] }
        }
        return Embedding(normalising: values) ?? Embedding(unit: centre)
    }
}
