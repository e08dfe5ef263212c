import SemblanceCore

/// Exact search by looking at everything: what other indexes are tested against.
public actor InMemoryVectorIndex: VectorIndex {
    public nonisolated let dimension: Int
    private let catalogue: Catalogue.ID
    private let filters: (any FilterResolver)?
    private var vectors: [CatalogueImage.ID: Embedding] = [:]
    /// How many vectors there were at each call of `build`.
    public private(set) var builds: [Int] = []

    /// - Parameter filters: resolves metadata filters; without it a filtered search finds nothing.
    public init(dimension: Int, catalogue: Catalogue.ID, filters: (any FilterResolver)?) {
        self.dimension = dimension
        self.catalogue = catalogue
        self.filters = filters
    }

    public func count() -> Int { vectors.count }

    public func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) throws {
        for (_, vector) in vectors { try check(vector) }
        for (id, vector) in vectors where self.vectors[id] == nil { self.vectors[id] = vector }
    }

    public func remove(_ ids: [CatalogueImage.ID]) {
        for id in ids { vectors[id] = nil }
    }

    public func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour] {
        try check(query)
        var allowed: Set<CatalogueImage.ID>?
        if let filter { allowed = Set(try await filters?.images(matching: filter, in: catalogue) ?? []) }
        let found = vectors.filter { allowed?.contains($0.key) ?? true }
            .map { Neighbour(id: $0.key, score: $0.value.score(with: query)) }
            .filter { $0.score >= minimumScore ?? -.infinity }
            .sorted { ($1.score, $0.id) < ($0.score, $1.id) }
        return Array(found.prefix(limit))
    }

    public func pairs(minimumScore: Float, limit: Int) -> [NeighbourPair] {
        let sorted = vectors.sorted { $0.key < $1.key }
        var pairs: [NeighbourPair] = []
        for (position, first) in sorted.enumerated() {
            for second in sorted[(position + 1)...] {
                let score = first.value.score(with: second.value)
                guard score >= minimumScore else { continue }
                pairs.append(NeighbourPair(first: first.key, second: second.key, score: score))
            }
        }
        pairs.sort { ($1.score, $0.first, $0.second) < ($0.score, $1.first, $1.second) }
        return Array(pairs.prefix(limit))
    }

    public func build(report: @escaping @Sendable (IndexBuildProgress) -> Void) -> IndexBuildOutcome {
        builds.append(vectors.count)
        return .notNeeded
    }

    private func check(_ vector: Embedding) throws {
        guard vector.dimension == dimension else {
            throw IndexError(.dimensionMismatch, "expected \(dimension) dimensions, not \(vector.dimension)")
        }
    }
}

/// Indexes in memory, filled from a catalogue store when they are opened first.
public actor InMemoryVectorIndexes: VectorIndexProvider {
    private let store: any CatalogueStore
    private var indexes: [EmbeddingSpace: InMemoryVectorIndex] = [:]

    public init(store: any CatalogueStore) {
        self.store = store
    }

    public func index(for space: EmbeddingSpace) async throws -> any VectorIndex {
        if let index = indexes[space] { return index }
        let index = InMemoryVectorIndex(
            dimension: space.model.dimension, catalogue: space.catalogueID, filters: store)
        // Open to inserts while it is being filled: one that is there already stays.
        indexes[space] = index
        let ids = try await store.embeddedImages(in: space)
        try await index.insert(try await store.embeddings(of: ids, in: space))
        return index
    }

    public func remove(_ ids: [CatalogueImage.ID], from catalogue: Catalogue.ID) async throws {
        for (space, index) in indexes where space.catalogueID == catalogue { await index.remove(ids) }
    }

    public func removeIndex(of space: EmbeddingSpace) {
        indexes[space] = nil
    }

    public func removeIndexes(of catalogue: Catalogue.ID) {
        indexes = indexes.filter { $0.key.catalogueID != catalogue }
    }
}
