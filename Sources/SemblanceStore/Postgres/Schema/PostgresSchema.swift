import SemblanceCore

/// The tables, as a list of steps forward. A step that was released never changes; a change is a new step.
///
/// All of it is in the schema `semblance`, whose table `schema_version` has a row for each step that was taken.
package enum PostgresSchema {
    package static let steps: [String] = [version1, version2]

    /// "SEMB": whoever migrates holds this lock.
    private static let lockNumber: Int64 = 0x5345_4D42
    /// How long a migration, or waiting for another process's, may take.
    private static let timeLimit = Duration.seconds(600)

    /// Looks at the schema, and brings it up to date if it may.
    /// - Throws: `StoreError`: `database-newer-schema`, `database-older-schema`, `database-extension`,
    ///   `database-denied`.
    static func prepare(_ connection: PostgresConnection, _ policy: PostgresDatabase.SchemaPolicy) throws {
        let version = try self.version(connection)
        try refuseNewer(version)
        if version < steps.count {
            guard policy == .migrate else { throw older(version) }
            try migrate(connection)
        }
        try PostgresExtension.check(connection)
    }

    /// Steps that the database has behind it; 0 if the schema is not there.
    /// - Throws: `StoreError` with `database-denied` if the schema is another program's.
    static func version(_ connection: PostgresConnection) throws -> Int {
        let row = try connection.query(
            """
            SELECT to_regclass('semblance.schema_version') IS NOT NULL,
                EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('semblance'))
            """, isPrepared: false
        ).first
        guard let row, try row[0] else {
            guard try row?[1] != true else {
                throw StoreError(
                    .damaged,
                    "The database has a schema 'semblance' that is not Semblance's. Rename it, or use another database."
                )
            }
            return 0
        }
        return try connection.query(
            "SELECT coalesce(max(version), 0)::int8 FROM semblance.schema_version", isPrepared: false)[0][0]
    }

    private static func migrate(_ connection: PostgresConnection) throws {
        try connection.withTimeLimit(timeLimit) {
            // A transaction whose end was not heard is looked at again: the version tells.
            let outcome = try connection.transaction { connection in
                try connection.script("SET LOCAL lock_timeout = 0")
                try connection.query("SELECT pg_advisory_xact_lock($1)", [.integer(lockNumber)], isPrepared: false)
                let present = try version(connection)
                try refuseNewer(present)
                try PostgresExtension.create(connection)
                for number in present..<steps.count { try take(number, connection) }
            }
            if case .uncertain(_, _, let failure) = outcome { throw failure }
        }
    }

    private static func take(_ number: Int, _ connection: PostgresConnection) throws {
        // Asked first: making a schema that is there needs the right to make one, too.
        if number == 0 { try connection.script("CREATE SCHEMA IF NOT EXISTS semblance") }
        try connection.script(steps[number])
        try connection.execute(
            "INSERT INTO semblance.schema_version (version) VALUES ($1)", [.integer(number + 1)], isPrepared: false)
    }

    private static func refuseNewer(_ version: Int) throws {
        guard version > steps.count else { return }
        throw StoreError(
            .newerSchema,
            "The database was written by a newer version of Semblance (schema \(version); this one knows up to "
                + "\(steps.count)). Install that version again, or use another database.")
    }

    private static func older(_ version: Int) -> StoreError {
        version == 0
            ? StoreError(
                .olderSchema, "The database has no Semblance tables yet. Run 'semblance db init' once, then try again.")
            : StoreError(
                .olderSchema,
                "The database is of an older version (schema \(version) of \(steps.count)). Run 'semblance db migrate' "
                    + "once, then try again.")
    }
}
