import Foundation
import SemblanceCore

/// API keys in PostgreSQL, as hashes of their secrets.
public struct PostgresAPIKeyStore: APIKeyStore {
    private let database: PostgresDatabase

    public init(database: PostgresDatabase) {
        self.database = database
    }

    public func insert(_ key: APIKey) async throws {
        try await database.write { connection in
            try connection.execute(
                "INSERT INTO api_keys (id, name, scope, secret_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
                [
                    .text(key.id), .text(key.name.storable), .text(key.scope.rawValue), .bytes(key.secretHash.bytes),
                    .integer(key.createdAt.microseconds),
                ])
        }
    }

    /// Oldest first.
    public func keys() async throws -> [APIKey] {
        try await database.read { connection in
            try connection.query("SELECT \(APIKey.postgresColumns) FROM api_keys ORDER BY created_at, sequence")
                .map(APIKey.init(row:))
        }
    }

    public func key(withSecretHash hash: ContentHash) async throws -> APIKey? {
        try await database.read { connection in
            try connection.query(
                "SELECT \(APIKey.postgresColumns) FROM api_keys WHERE secret_hash = $1", [.bytes(hash.bytes)]
            ).first.map(APIKey.init(row:))
        }
    }

    public func revoke(_ id: String) async throws {
        let count = try await database.write { connection in
            guard id.isStorable else { return 0 }
            return try connection.execute("DELETE FROM api_keys WHERE id = $1", [.text(id)])
        }
        guard count > 0 else {
            throw StoreError(.unknownKey, "There is no key '\(id.prefix(40))'; 'semblance keys list' shows all.")
        }
    }
}

extension APIKey {
    fileprivate static let postgresColumns = "id, name, scope, secret_hash, created_at"

    fileprivate init(row: PostgresRow) throws {
        let scope: String = try row[2]
        guard let scope = Scope(rawValue: scope) else {
            throw PostgresFailure(.unexpectedValue, "a key's scope is '\(scope)'")
        }
        self.init(
            id: try row[0], name: try row[1], scope: scope, secretHash: try row[3],
            createdAt: Date(microseconds: try row[4]))
    }
}
