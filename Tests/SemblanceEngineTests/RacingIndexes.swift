import SemblanceCore
import SemblanceTesting
import Synchronization

/// Indexes before whose insertions something else happens, as if it had come in between.
struct RacingIndexes: VectorIndexProvider {
    typealias Race = @Sendable ([CatalogueImage.ID]) async throws -> Void

    private let indexes: InMemoryVectorIndexes
    private let race: Race

    init(_ indexes: InMemoryVectorIndexes, _ race: @escaping Race) {
        self.indexes = indexes
        self.race = race
    }

    func index(for space: EmbeddingSpace) async throws -> any VectorIndex {
        RacingIndex(index: try await indexes.index(for: space), race: race)
    }

    func remove(_ ids: [CatalogueImage.ID], from catalogue: Catalogue.ID) async throws {
        try await indexes.remove(ids, from: catalogue)
    }

    func removeIndex(of space: EmbeddingSpace) async throws { await indexes.removeIndex(of: space) }

    func removeIndexes(of catalogue: Catalogue.ID) async throws { await indexes.removeIndexes(of: catalogue) }
}

private struct RacingIndex: VectorIndex {
    let index: any VectorIndex
    let race: RacingIndexes.Race

    var dimension: Int { index.dimension }
    func count() async throws -> Int { try await index.count() }

    func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) async throws {
        try await race(vectors.map(\.0))
        try await index.insert(vectors)
    }

    func remove(_ ids: [CatalogueImage.ID]) async throws { try await index.remove(ids) }

    func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour] {
        try await index.search(near: query, limit: limit, minimumScore: minimumScore, matching: filter)
    }

    func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair] {
        try await index.pairs(minimumScore: minimumScore, limit: limit)
    }
}

/// What is known only after somebody needs a reference to it.
final class Later<Value: Sendable>: Sendable {
    private let guarded = Mutex<Value?>(nil)

    var value: Value? {
        get { guarded.withLock { $0 } }
        set { guarded.withLock { $0 = newValue } }
    }
}
