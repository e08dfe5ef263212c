import GRDB
import SemblanceCore

/// Looks for damage when a database is opened, in bounded time.
///
/// A database that is small is checked whole. Of a large one only the tables that everything hangs on are: embeddings,
/// which make up its size, are checked as they are read. A file that is cut off is found by SQLite itself.
enum SQLiteDamage {
    /// Databases up to this size are checked whole; that takes about a tenth of a second.
    static let maximumWholeByteCount = 48 << 20

    /// The tables of a large database that are checked.
    static let vitalTables = ["catalogues", "embedding_spaces", "metadata_keys", "api_keys"]

    /// - Parameter wholly: whatever the size.
    /// - Throws: `StoreError` with `database-damaged`.
    static func check(_ database: Database, wholly: Bool = false) throws {
        let pageCount = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
        let isWhole = wholly || pageCount * pageSize <= maximumWholeByteCount
        let arguments = isWhole ? ["1"] : try presentTables(in: database)
        for argument in arguments {
            let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(\(argument))")
            guard finding == "ok" else {
                throw StoreError.damagedDatabase(underlying: DatabaseError(message: finding))
            }
        }
    }

    private static func presentTables(in database: Database) throws -> [String] {
        try vitalTables.filter { try database.tableExists($0) }
    }
}
