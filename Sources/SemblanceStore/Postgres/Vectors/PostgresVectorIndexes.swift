import SemblanceCore
import Synchronization

/// Vector indexes in PostgreSQL, by pgvector.
///
/// The catalogue store writes embeddings and deletes them; what it commits, searches see, in whatever process. So an
/// index here has nothing to keep in line: it searches tables, and builds the HNSW index of a catalogue's partition.
public final class PostgresVectorIndexes: VectorIndexProvider {
    private let database: PostgresDatabase
    private let configuration: VectorIndexConfiguration
    private let keys: MetadataKeyTree
    private let indexes = Mutex<[EmbeddingSpace: PostgresVectorIndex]>([:])

    /// - Throws: `RequestError` with `invalid-query` for a configuration out of range.
    public init(
        database: PostgresDatabase, configuration: VectorIndexConfiguration = VectorIndexConfiguration()
    ) throws(RequestError) {
        try configuration.validate()
        self.database = database
        self.configuration = configuration
        keys = MetadataKeyTree(database)
    }

    public func index(for space: EmbeddingSpace) async throws -> any VectorIndex { postgresIndex(for: space) }

    /// The same with the operations that only this kind of index has.
    package func postgresIndex(for space: EmbeddingSpace) -> PostgresVectorIndex {
        indexes.withLock { indexes in
            if let index = indexes[space] { return index }
            let index = PostgresVectorIndex(space, database: database, keys: keys, configuration: configuration)
            indexes[space] = index
            return index
        }
    }

    /// The store has deleted their embeddings with them.
    public func remove(_ ids: [CatalogueImage.ID], from catalogue: Catalogue.ID) {}

    /// The store deletes the table with the last embedding.
    public func removeIndex(of space: EmbeddingSpace) {
        indexes.withLock { $0[space] = nil }
    }

    /// The store has dropped the catalogue's tables.
    public func removeIndexes(of catalogue: Catalogue.ID) {
        indexes.withLock { indexes in indexes = indexes.filter { $0.key.catalogueID != catalogue } }
    }
}
