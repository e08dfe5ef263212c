import Foundation
import GRDB
import SemblanceCore

/// The one database file of a data folder, shared by the catalogue, job and key stores.
///
/// Write-ahead log with `synchronous = FULL`: a transaction that was reported as done survives a power cut, for the
/// price of one flush of the log. `NORMAL` would save that flush and may forget the last transactions, after which
/// files and index would know images that the catalogue does not.
///
/// Calls run on GRDB's own threads: one connection writes, several read at the same time and see the last commit.
public final class SQLiteDatabase: Sendable {
    /// What this process may do.
    public enum Role: Sendable, Hashable {
        /// Holds the data folder's lock: everything.
        case writer
        /// Runs beside a writer: reads everything, inserts and cancels jobs, and manages keys.
        case reader
    }

    public let role: Role
    private let pool: DatabasePool
    private let folder: String

    /// How long a statement waits for another process's transaction.
    static let busyTimeout: TimeInterval = 10

    /// Opens the database or makes it, checks it, and brings its schema up to date. Blocks: see `open` for async code.
    /// - Throws: `StoreError`: `database-damaged`, `database-newer-schema`, `database-older-schema` for a reader,
    ///   `data-folder-not-writable`, `disk-full`, `database-busy`.
    public init(path: String, role: Role) throws {
        self.role = role
        folder = (path as NSString).deletingLastPathComponent
        do {
            try Self.examine(path, role: role)
            pool = try Self.openPool(path, role: role)
        } catch {
            throw StoreError(wrapping: error, inFolder: folder)
        }
    }

    /// Switching to write-ahead logging and closing the last connection take locks for which SQLite does not wait by
    /// itself: a process that makes or leaves the database at this very moment is waited for here.
    private static func openPool(_ path: String, role: Role) throws -> DatabasePool {
        let deadline = ContinuousClock.now + .seconds(busyTimeout)
        while true {
            do {
                let pool = try DatabasePool(path: path, configuration: configuration())
                try prepare(pool, role: role)
                return pool
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
            {
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
    }

    /// `init`, off the cooperative pool.
    public static func open(path: String, role: Role) async throws -> SQLiteDatabase {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try SQLiteDatabase(path: path, role: role) })
            }
        }
    }

    /// Checks every page of the database, which takes about a second for each gigabyte.
    /// - Throws: `StoreError` with `database-damaged`.
    public func checkIntegrity() async throws {
        try await read { try SQLiteDamage.check($0, wholly: true) }
    }

    /// Closes all connections; the last process to do so folds the log into the database.
    /// - Throws: `StoreError` with `database-busy` if a call is under way.
    public func close() throws {
        do { try pool.close() } catch { throw StoreError(wrapping: error, inFolder: folder) }
    }

    /// Reads from one snapshot.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await pool.read(body) } catch { throw StoreError.mapping(error, inFolder: folder) }
    }

    /// Runs a transaction: all of it is durable when this returns, or none of it happened.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await pool.write(body) } catch { throw StoreError.mapping(error, inFolder: folder) }
    }

    /// A transaction that only the holder of the data folder's lock may run.
    func writeAsWriter<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        guard role == .writer else {
            throw StoreError(
                .dataFolderInUse, "Another process writes to this data folder; only it may change the catalogue.")
        }
        return try await write(body)
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "semblance"
        configuration.busyMode = .timeout(busyTimeout)
        configuration.prepareDatabase { database in
            // 8 MB of pages a connection.
            try database.execute(sql: "PRAGMA cache_size = -8192")
            // Debian's SQLite overwrites what is deleted, which makes deleting as slow as writing it was.
            try database.execute(sql: "PRAGMA secure_delete = FAST")
        }
        return configuration
    }

    /// Looks at a database that is there without writing to it: one that is damaged, of another version or another
    /// program's is left as it is.
    private static func examine(_ path: String, role: Role) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        var configuration = configuration()
        configuration.readonly = true
        let connection = try DatabaseQueue(path: path, configuration: configuration)
        try connection.read { database in
            try SQLiteSchema.refuseForeign(database)
            switch role {
            case .writer: try SQLiteDamage.check(database)
            // Beside a writer, which has looked for damage.
            case .reader: try SQLiteSchema.refuseOlder(database)
            }
        }
        try connection.close()
    }

    private static func prepare(_ pool: DatabasePool, role: Role) throws {
        try pool.writeWithoutTransaction { database in
            // After the pool set up write-ahead logging, which sets NORMAL.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // A batch of 256 embeddings is 1.5 MB: fold the log into the database every 16 MB rather than every 4.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            try SQLiteSchema.migrate(database, role: role)
            if role == .writer { try passUsedNumbers(database) }
        }
    }

    /// Lets the numbers of new images begin at the present time, in microseconds since 1970.
    ///
    /// The index's files know images by number alone. In a database that was put back from an older copy, or made where
    /// another had been, the next numbers would be those of other images, whose vectors the files still hold.
    private static func passUsedNumbers(_ database: Database) throws {
        do {
            try database.inTransaction(.immediate) {
                try database.execute(
                    sql: """
                        INSERT INTO sqlite_sequence (name, seq)
                        SELECT 'images', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'images');
                        UPDATE sqlite_sequence SET seq = max(seq, \(Date().microseconds)) WHERE name = 'images';
                        """)
                return .commit
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            // Searching goes on; nothing can be added now anyway.
        }
    }
}
