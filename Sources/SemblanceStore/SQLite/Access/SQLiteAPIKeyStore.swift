import Foundation
import GRDB
import SemblanceCore

/// API keys in SQLite, as hashes of their secrets.
public struct SQLiteAPIKeyStore: APIKeyStore {
    private let database: SQLiteDatabase

    public init(database: SQLiteDatabase) {
        self.database = database
    }

    public func insert(_ key: APIKey) async throws {
        try await database.write { database in
            try database.execute(
                sql: "INSERT INTO api_keys (id, name, scope, secret_hash, created_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    key.id, key.name.storable, key.scope.rawValue, key.secretHash.data, key.createdAt.microseconds,
                ])
        }
    }

    /// Oldest first.
    public func keys() async throws -> [APIKey] {
        try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT \(APIKey.columns) FROM api_keys ORDER BY created_at, rowid")
                .map(APIKey.init(row:))
        }
    }

    public func key(withSecretHash hash: ContentHash) async throws -> APIKey? {
        try await database.read { database in
            try Row.fetchOne(
                database, sql: "SELECT \(APIKey.columns) FROM api_keys WHERE secret_hash = ?", arguments: [hash.data]
            ).map(APIKey.init(row:))
        }
    }

    public func revoke(_ id: String) async throws {
        let count = try await database.write { database in
            guard id.isStorable else { return 0 }
            try database.execute(sql: "DELETE FROM api_keys WHERE id = ?", arguments: [id])
            return database.changesCount
        }
        guard count > 0 else {
            throw StoreError(.unknownKey, "There is no key '\(id.prefix(40))'; 'semblance keys list' shows all.")
        }
    }
}

extension APIKey {
    fileprivate static let columns = "id, name, scope, secret_hash, created_at"

    fileprivate init(row: Row) throws {
        guard let scope = Scope(rawValue: row[2]) else { throw StoreError.damagedDatabase() }
        self.init(
            id: row[0], name: row[1], scope: scope, secretHash: try ContentHash(column: row[3]),
            createdAt: Date(microseconds: row[4]))
    }
}
