import Foundation
import SemblanceCore

/// Claims on originals in PostgreSQL, for processes that share a folder of files.
///
/// Whoever claims a file holds a lock on its hash for a moment, together with others who claim it; whoever removes one
/// holds that lock alone while it looks for claims and rows and removes the file. So a claim either comes first, and the
/// file stays, or waits until the file is gone, and whoever claimed it stores it again.
///
/// A claim stands for an hour, many times as long as it is needed: then it counts as left by a process that died. The
/// transaction that writes the row makes sure that its claim still stands (`require`).
public final class PostgresOriginalClaims: OriginalClaims {
    public static let defaultLease = Duration.seconds(3600)
    /// Files whose locks are held at once.
    private static let chunkSize = 100
    /// "SC": the first half of the locks' numbers.
    private static let lockClass: Int32 = 0x5343

    private let database: PostgresDatabase
    private let lease: Duration
    private let owner = UUID().uuidString

    public init(database: PostgresDatabase, lease: Duration = defaultLease) {
        self.database = database
        self.lease = lease
    }

    public func claim(_ hashes: [ContentHash]) async throws {
        let counts = hashes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        for chunk in Self.chunks(of: Array(counts.keys)) {
            try await database.write { [owner, lease] connection in
                try Self.lock(chunk, "pg_advisory_xact_lock_shared", connection)
                try connection.execute(
                    """
                    INSERT INTO claims (owner, hash, count, lease_until)
                    SELECT $1, hash, count, clock_timestamp() + $2 * interval '1 millisecond'
                    FROM unnest($3, $4) WITH ORDINALITY AS new (hash, count, place) ORDER BY place
                    ON CONFLICT (hash, owner) DO UPDATE
                    SET count = claims.count + excluded.count, lease_until = excluded.lease_until
                    """,
                    [
                        .text(owner), .integer(lease.milliseconds), .byteStrings(chunk.map(\.bytes)),
                        .integers(chunk.map { Int64(counts[$0] ?? 0) }),
                    ])
            }
        }
    }

    /// A claim that cannot be given back runs out by itself.
    public func release(_ hashes: [ContentHash]) async {
        let counts = hashes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        for chunk in Self.chunks(of: Array(counts.keys)) {
            try? await database.write { [owner] connection in
                let parameters: [PostgresValue] = [
                    .text(owner), .byteStrings(chunk.map(\.bytes)), .integers(chunk.map { Int64(counts[$0] ?? 0) }),
                ]
                try connection.execute(
                    """
                    UPDATE claims SET count = claims.count - given.count FROM unnest($2, $3) AS given (hash, count)
                    WHERE claims.hash = given.hash AND owner = $1
                    """, parameters)
                try connection.execute(
                    "DELETE FROM claims WHERE owner = $1 AND hash = ANY ($2) AND count <= 0", Array(parameters[0..<2]))
            }
        }
    }

    public func remove(
        after deletion: @Sendable () async throws -> [ContentHash], on threads: ThreadPool,
        by removal: @escaping @Sendable (ContentHash) throws -> Void
    ) async throws {
        for chunk in Self.chunks(of: Array(Set(try await deletion()))) {
            // On the database's threads: the locks are held by their transaction while files go.
            try await database.write { connection in
                // However long the file system takes, the locks hold until the files are gone.
                try connection.script("SET LOCAL idle_in_transaction_session_timeout = 0")
                try Self.lock(chunk, "pg_advisory_xact_lock", connection)
                try connection.execute("DELETE FROM claims WHERE lease_until < clock_timestamp()")
                for row in try connection.query(
                    """
                    SELECT hash FROM unnest($1) AS removed (hash)
                    WHERE NOT EXISTS (SELECT 1 FROM claims WHERE claims.hash = removed.hash)
                    AND NOT EXISTS (SELECT 1 FROM images WHERE images.hash = removed.hash AND path IS NULL)
                    """, [.byteStrings(chunk.map(\.bytes))])
                {
                    try removal(try row[0])
                }
            }
        }
    }

    /// Fails unless this process's claims stand, and keeps them from running out until the transaction ends.
    /// - Throws: `StoreError` with `database-busy`: what was to be stored must be stored again.
    func require(_ hashes: [ContentHash], _ connection: PostgresConnection) throws {
        let hashes = Set(hashes)
        guard !hashes.isEmpty else { return }
        let standing = try connection.query(
            """
            SELECT 1 FROM claims WHERE owner = $1 AND hash = ANY ($2) AND lease_until > clock_timestamp()
            ORDER BY hash FOR SHARE
            """, [.text(owner), .byteStrings(hashes.map(\.bytes))]
        ).count
        guard standing == hashes.count else {
            throw StoreError(
                .busy, "Storing an original took too long, and it may have been removed meanwhile; try again.")
        }
    }

    private static func lock(
        _ hashes: [ContentHash], _ function: String, _ connection: PostgresConnection
    ) throws {
        // Hashes share numbers seldom, and then only wait for each other. In one order, so that nobody blocks anybody.
        let numbers = Set(hashes.map { $0.bytes.prefix(4).reduce(Int64(0)) { $0 << 8 | Int64($1) } }).sorted()
        try connection.query(
            """
            SELECT \(function)(\(lockClass), (number - 2147483648)::int4)
            FROM (SELECT number FROM unnest($1) AS listed (number) ORDER BY number) AS numbers
            """, [.integers(numbers)])
    }

    private static func chunks(of hashes: [ContentHash]) -> [[ContentHash]] {
        let sorted = hashes.sorted()
        return stride(from: 0, to: sorted.count, by: chunkSize).map { start in
            Array(sorted[start..<min(start + chunkSize, sorted.count)])
        }
    }
}
