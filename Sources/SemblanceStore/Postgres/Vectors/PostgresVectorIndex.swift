import SemblanceCore
import Synchronization

/// Nearest neighbours in one partition of a table of embeddings.
///
/// An image is visible when the transaction that added its row and its embedding is committed, in every process at
/// once. Each search is one statement, or two that both see whole transactions only.
public final class PostgresVectorIndex: VectorIndex {
    public let space: EmbeddingSpace
    let database: PostgresDatabase
    let configuration: VectorIndexConfiguration
    let keys: MetadataKeyTree
    private let known = Mutex<Known?>(nil)

    private struct Known {
        let table: VectorTable
        let readAt: ContinuousClock.Instant
    }

    /// What is known of the table serves for so long: it decides how a search is done, never what it finds.
    private static let lifetime = Duration.seconds(10)

    init(
        _ space: EmbeddingSpace, database: PostgresDatabase, keys: MetadataKeyTree,
        configuration: VectorIndexConfiguration
    ) {
        self.space = space
        self.database = database
        self.keys = keys
        self.configuration = configuration
    }

    public var dimension: Int { space.model.dimension }

    public func count() async throws -> Int {
        try await withTable(orElse: 0) { connection, table in
            try connection.query("SELECT count(*) FROM \(table.name)")[0][0]
        }
    }

    /// Nothing but a check: the store wrote the embeddings with the images' rows.
    /// - Throws: `IndexError` with `index-dimension-mismatch`.
    public func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) throws {
        for (_, vector) in vectors { try check(vector) }
    }

    /// Nothing: the store deleted the embeddings with the images' rows.
    public func remove(_ ids: [CatalogueImage.ID]) {}

    func check(_ vector: Embedding) throws {
        guard vector.dimension == dimension else {
            throw IndexError(.dimensionMismatch, "expected \(dimension) dimensions, not \(vector.dimension)")
        }
    }

    /// Runs statements on the partition; there is none before the first embedding, and after the last.
    func withTable<Value: Sendable>(
        orElse none: Value, _ body: @escaping @Sendable (PostgresConnection, VectorTable) throws -> Value
    ) async throws -> Value {
        for _ in 0..<2 {
            let found = try await database.read { [self] connection -> Value? in
                guard let table = try table(connection) else { return none }
                do { return try body(connection, table) } catch let failure as PostgresFailure
                    where failure.kind == .statement(.undefinedTable)
                {
                    // Deleted since it was looked up.
                    forgetTable()
                    return nil
                }
            }
            if let found { return found }
        }
        return none
    }

    func table(_ connection: PostgresConnection) throws -> VectorTable? {
        if let known = known.withLock({ $0 }), known.readAt + Self.lifetime > .now { return known.table }
        let table = try VectorTable.find(space, configuration, connection)
        known.withLock { known in known = table.map { Known(table: $0, readAt: .now) } }
        return table
    }

    func forgetTable() { known.withLock { $0 = nil } }
}
