import SemblanceCore

extension EmbeddingTable {
    /// "SEME": whoever makes or drops tables holds this lock, so that no two do it at once.
    private static let lockNumber: Int64 = 0x5345_4D45

    /// Makes what is missing, in a transaction of its own: its locks keep others from their tables.
    /// - Throws: `StoreError` with `catalogue-unknown`.
    static func make(_ space: EmbeddingSpace, _ connection: PostgresConnection) throws -> EmbeddingTable {
        try PostgresCatalogueStore.requireCatalogue(space.catalogueID, connection, locking: true)
        try takeTurns(connection)
        let table = try insertVersion(of: space, connection)
        if try !exists(table.parent, connection) {
            try connection.script(
                """
                CREATE TABLE \(table.parent) (
                    image_id bigint NOT NULL, catalogue_id bigint NOT NULL, vector \(table.type) NOT NULL,
                    PRIMARY KEY (image_id, catalogue_id)
                ) PARTITION BY LIST (catalogue_id);
                ALTER TABLE \(table.parent) ALTER COLUMN vector SET STORAGE \(table.storage)
                """)
        }
        if try !exists(table.name, connection) {
            try connection.script(
                """
                CREATE TABLE \(table.name) PARTITION OF \(table.parent) FOR VALUES IN (\(space.catalogueID.rawValue));
                ALTER TABLE \(table.name) ALTER COLUMN vector SET STORAGE \(table.storage)
                """)
        }
        try connection.execute(
            "INSERT INTO embedding_spaces (catalogue_id, version_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [.integer(space.catalogueID.rawValue), .integer(table.version)])
        return table
    }

    /// Forgets the space and drops its partition, in the caller's transaction. Waits for those who add to it.
    func drop(_ connection: PostgresConnection) throws {
        try Self.takeTurns(connection)
        try connection.execute(
            "DELETE FROM embedding_spaces WHERE catalogue_id = $1 AND version_id = $2",
            [.integer(space.catalogueID.rawValue), .integer(version)])
        try connection.script("DROP TABLE IF EXISTS \(name)")
    }

    private static func takeTurns(_ connection: PostgresConnection) throws {
        try connection.query("SELECT pg_advisory_xact_lock($1)", [.integer(lockNumber)])
    }

    private static func exists(_ name: String, _ connection: PostgresConnection) throws -> Bool {
        try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(name)])[0][0]
    }

    private static func insertVersion(
        of space: EmbeddingSpace, _ connection: PostgresConnection
    ) throws -> EmbeddingTable {
        let model = space.model
        let names: [PostgresValue] = [.text(model.modelID), .text(model.digest), .integer(model.dimension)]
        let wanted = element(for: model.dimension, connection.configuration)
        try connection.execute(
            """
            INSERT INTO model_versions (model_id, digest, dimension, element) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
            """, names + [.text(wanted.rawValue)])
        let row = try connection.query(
            "SELECT id, element FROM model_versions WHERE model_id = $1 AND digest = $2 AND dimension = $3", names)[0]
        return EmbeddingTable(version: try row[0], space: space, element: try Element(column: row[1]))
    }
}
