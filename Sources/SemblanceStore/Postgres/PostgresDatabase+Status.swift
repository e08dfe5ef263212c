import SemblanceCore

/// What a database is, for people.
public struct PostgresStatus: Sendable, Hashable {
    /// Of the server: "18.4".
    public let serverVersion: String
    /// Of pgvector; `nil` if the database does not have it.
    public let extensionVersion: String?
    /// Steps that the tables have behind them; `nil` if there are none.
    public let schemaVersion: Int?
    /// Steps that this program knows.
    public let expectedSchemaVersion: Int
}

extension PostgresDatabase {
    /// Looks at a database as it is; whatever it lacks is no error.
    /// - Throws: `StoreError` for one that cannot be reached, or does not let this user in.
    public static func status(_ configuration: PostgresConfiguration) async throws -> PostgresStatus {
        let pool = PostgresPool(configuration)
        defer { pool.close() }
        do {
            return try await pool.withConnection { connection in
                let version = try PostgresSchema.version(connection)
                return PostgresStatus(
                    serverVersion: "\(connection.server.version / 10_000).\(connection.server.version % 10_000)",
                    extensionVersion: try PostgresExtension.installedVersion(connection),
                    schemaVersion: version == 0 ? nil : version, expectedSchemaVersion: PostgresSchema.steps.count)
            }
        } catch {
            throw StoreError.mapping(error, opening: configuration.url)
        }
    }
}
