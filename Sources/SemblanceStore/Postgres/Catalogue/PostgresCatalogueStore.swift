import Foundation
import SemblanceCore
import Synchronization

/// Catalogues, images, embeddings and sources in PostgreSQL, for any number of processes at once.
///
/// Transactions lock rows in one order: catalogue, embedding spaces, images by number. So they wait for each other, and
/// seldom fail; those that do are done again by `PostgresDatabase`.
public struct PostgresCatalogueStore: CatalogueStore {
    let database: PostgresDatabase
    /// Vouches for stored originals until their rows are there; `nil` where only one process works on the files.
    let claims: PostgresOriginalClaims?
    let keys: MetadataKeyTree
    let tables = KnownTables()

    /// - Parameter claims: those that this process's ingestion uses.
    public init(database: PostgresDatabase, claims: PostgresOriginalClaims? = nil) {
        self.database = database
        self.claims = claims
        keys = MetadataKeyTree(database)
    }

    public func createCatalogue(
        named name: String, modelID: String, filterableKeys: [String]
    ) async throws -> Catalogue {
        let name = name.storable.composed
        let createdAt = Date(microseconds: Date().microseconds)
        return try await database.write { connection in
            let row = try connection.query(
                """
                INSERT INTO catalogues (name, model_id, created_at, filterable_keys) VALUES ($1, $2, $3, $4)
                ON CONFLICT (name) DO NOTHING RETURNING \(Catalogue.postgresColumns)
                """,
                [
                    .text(name), .text(modelID.storable), .integer(createdAt.microseconds),
                    .text(Catalogue.column(filterableKeys)),
                ]
            ).first
            guard let row else {
                throw StoreError(.catalogueExists, "There is a catalogue '\(name)' already.")
            }
            return try Catalogue(row: row)
        }
    }

    public func catalogue(named name: String) async throws -> Catalogue {
        let found = try await database.read { connection -> Catalogue? in
            guard name.isStorable else { return nil }
            return try connection.query(
                "SELECT \(Catalogue.postgresColumns) FROM catalogues WHERE name = $1", [.text(name.composed)]
            ).first.map(Catalogue.init(row:))
        }
        guard let found else {
            throw StoreError(.unknownCatalogue, "There is no catalogue '\(name.prefix(80))'.")
        }
        return found
    }

    public func catalogues() async throws -> [Catalogue] {
        try await database.read { connection in
            try connection.query("SELECT \(Catalogue.postgresColumns) FROM catalogues ORDER BY id")
                .map(Catalogue.init(row:))
        }
    }

    public func setModel(_ modelID: String, of id: Catalogue.ID) async throws {
        try await database.write { connection in
            let count = try connection.execute(
                "UPDATE catalogues SET model_id = $1 WHERE id = $2",
                [.text(modelID.storable), .integer(id.rawValue)])
            guard count > 0 else { throw Self.catalogueIsGone }
        }
    }

    public func setFilterableKeys(_ keys: [String], of id: Catalogue.ID) async throws {
        try await database.write { connection in
            let count = try connection.execute(
                "UPDATE catalogues SET filterable_keys = $1 WHERE id = $2",
                [.text(Catalogue.column(keys)), .integer(id.rawValue)])
            guard count > 0 else { throw Self.catalogueIsGone }
        }
    }

    public func statistics(of id: Catalogue.ID) async throws -> CatalogueStatistics {
        try await database.snapshot { connection in
            try Self.requireCatalogue(id, connection)
            let totals = try connection.query(
                "SELECT count(*), coalesce(sum(byte_count), 0)::int8 FROM images WHERE catalogue_id = $1",
                [.integer(id.rawValue)])[0]
            return CatalogueStatistics(
                imageCount: try totals[0], byteCount: try totals[1],
                embeddingCounts: try Self.embeddingCounts(of: id, connection))
        }
    }

    /// Images with an embedding, by model. Only where a model has several versions must images that have more than
    /// one be told apart.
    private static func embeddingCounts(
        of id: Catalogue.ID, _ connection: PostgresConnection
    ) throws -> [String: Int] {
        let byModel = Dictionary(grouping: try EmbeddingTable.all(of: id, connection), by: \.space.model.modelID)
        let counts = try byModel.mapValues { tables -> Int in
            let parts = tables.map { "SELECT image_id FROM \($0.name)" }.joined(separator: " UNION ")
            return try connection.query("SELECT count(*) FROM (\(parts)) AS embedded", isPrepared: false)[0][0]
        }
        return counts.filter { $0.value > 0 }
    }

    /// - Throws: `StoreError` with `catalogue-unknown`.
    /// - Parameter locking: keeps the catalogue from being deleted until the transaction ends.
    static func requireCatalogue(
        _ id: Catalogue.ID, _ connection: PostgresConnection, locking: Bool = false
    ) throws {
        let rows = try connection.query(
            "SELECT 1 FROM catalogues WHERE id = $1\(locking ? " FOR KEY SHARE" : "")", [.integer(id.rawValue)])
        guard !rows.isEmpty else { throw catalogueIsGone }
    }

    static var catalogueIsGone: StoreError {
        StoreError(.unknownCatalogue, "The catalogue is not there any more.")
    }

    /// Runs a transaction that adds to a space, whose table it makes if there is none. The table is not dropped while
    /// the transaction runs.
    func write<Value: Sendable>(
        to space: EmbeddingSpace, _ body: @escaping @Sendable (EmbeddingTable, PostgresConnection) throws -> Value
    ) async throws -> Value {
        while true {
            let table = try await self.table(of: space)
            let value = try await database.write { connection -> Value? in
                try Self.requireCatalogue(space.catalogueID, connection, locking: true)
                return try table.lock(connection) ? try body(table, connection) : nil
            }
            if let value { return value }
            // Somebody deleted the space's last embedding: the next turn makes it again.
            tables.forget(space)
        }
    }

    private func table(of space: EmbeddingSpace) async throws -> EmbeddingTable {
        if let table = tables.find(space) { return table }
        let found = try await database.read { try EmbeddingTable.find(space, $0) }
        let table: EmbeddingTable
        if let found { table = found } else { table = try await database.write { try EmbeddingTable.make(space, $0) } }
        tables.remember(table)
        return table
    }
}

/// Tables that were seen. One may have been dropped since: who adds to it looks.
final class KnownTables: Sendable {
    private let tables = Mutex<[EmbeddingSpace: EmbeddingTable]>([:])

    func find(_ space: EmbeddingSpace) -> EmbeddingTable? { tables.withLock { $0[space] } }
    func remember(_ table: EmbeddingTable) { tables.withLock { $0[table.space] = table } }
    func forget(_ space: EmbeddingSpace) { tables.withLock { $0[space] = nil } }
}
