import SemblanceCore

/// pgvector in a database.
enum PostgresExtension {
    /// Makes it if it is not there, within a transaction.
    /// - Throws: `StoreError` with `database-extension`.
    static func create(_ connection: PostgresConnection) throws {
        guard try installedVersion(connection) == nil else { return }
        let row = try connection.query(
            "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'", isPrepared: false
        ).first
        guard let available: String = try row?.optional(0) else { throw missing }
        try PostgresRequirements.checkExtension(
            available, acceptsOlder: connection.configuration.acceptsOlderExtension)
        do {
            try connection.script("CREATE EXTENSION vector SCHEMA public")
        } catch let failure as PostgresFailure where failure.kind == .statement(.notPermitted) {
            throw StoreError(
                .databaseExtension,
                "The database's user may not create the extension pgvector. As a superuser, run this in the database "
                    + "once: CREATE EXTENSION vector;",
                underlying: failure)
        }
    }

    /// - Throws: `StoreError` with `database-extension`: missing, or older than it must be.
    static func check(_ connection: PostgresConnection) throws {
        guard let version = try installedVersion(connection) else { throw missing }
        try PostgresRequirements.checkExtension(version, acceptsOlder: connection.configuration.acceptsOlderExtension)
    }

    static func installedVersion(_ connection: PostgresConnection) throws -> String? {
        try connection.query("SELECT extversion FROM pg_extension WHERE extname = 'vector'", isPrepared: false)
            .first?.optional(0)
    }

    private static var missing: StoreError {
        StoreError(
            .databaseExtension,
            "The PostgreSQL server does not have the extension pgvector. Install its package, such as "
                + "postgresql-18-pgvector, then try again.")
    }
}
