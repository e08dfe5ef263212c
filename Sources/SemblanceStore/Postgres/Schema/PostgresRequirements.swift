import SemblanceCore

/// What a server must be.
enum PostgresRequirements {
    /// PostgreSQL 15.
    static let minimumVersion = 150_000
    /// Earlier ones read beyond a buffer (CVE-2026-3172, up to 0.8.1) or may damage an index when it is vacuumed.
    static let minimumExtension = [0, 8, 4]

    /// - Throws: `StoreError` with `database-unsupported`.
    static func check(_ server: PostgresServer) throws {
        guard server.version >= minimumVersion else {
            throw StoreError(
                .databaseUnsupported,
                "PostgreSQL 15 or later is needed, not \(name(ofVersion: server.version)).")
        }
        guard server.encoding == "UTF8" else {
            throw StoreError(
                .databaseUnsupported,
                "The database's encoding must be UTF8, not \(server.encoding). Create it with: createdb --encoding=UTF8 "
                    + "--template=template0.")
        }
    }

    /// - Throws: `StoreError` with `database-extension`.
    static func checkExtension(_ version: String, acceptsOlder: Bool) throws {
        let parts = version.split(separator: ".").map { Int($0) ?? 0 }
        guard acceptsOlder || !parts.lexicographicallyPrecedes(minimumExtension) else {
            throw StoreError(
                .databaseExtension,
                "pgvector \(minimumExtension.map(String.init).joined(separator: ".")) or later is needed, not \(version), "
                    + "which has known faults. Install a newer one, run 'ALTER EXTENSION vector UPDATE', and try again."
            )
        }
    }

    /// 180004 is 18.4.
    static func name(ofVersion number: Int) -> String { "\(number / 10_000).\(number % 10_000)" }
}
