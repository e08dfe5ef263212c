import GRDB
import SemblanceCore

/// The tables, as a list of steps forward. A step that was released never changes; a change is a new step.
package enum SQLiteSchema {
    /// `PRAGMA application_id`: "SEMB".
    static let applicationID: Int32 = 0x5345_4D42

    /// `PRAGMA user_version` counts the steps that a database has behind it.
    package static let steps: [String] = [version1, version2]

    /// - Throws: `StoreError` if the file is another program's, or of a newer version of this one.
    static func refuseForeign(_ database: Database) throws {
        let version = try self.version(of: database)
        guard version <= steps.count else {
            throw StoreError(
                .newerSchema,
                "The database was written by a newer version of Semblance (schema \(version); this one knows up to "
                    + "\(steps.count)). Install that version again, or use another data folder.")
        }
        let application = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let tableCount = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard application == applicationID || tableCount == 0 else {
            throw StoreError(
                .damaged,
                "semblance.sqlite in the data folder is not a Semblance database. "
                    + "Move it away, or use another data folder.")
        }
    }

    /// Only a writer may bring tables up to date, as others may be at work with them.
    /// - Throws: `StoreError` with `database-older-schema`, unless there are no tables yet.
    static func refuseOlder(_ database: Database) throws {
        let version = try self.version(of: database)
        guard version > 0, version < steps.count else { return }
        throw StoreError(
            .olderSchema,
            "The database is of an older version (schema \(version) of \(steps.count)). Stop other Semblance processes "
                + "of this data folder and start 'semblance serve' once to bring it up to date.")
    }

    /// Takes the steps that are missing, all in one transaction; two processes that do it at once take turns.
    static func migrate(_ database: Database, role: SQLiteDatabase.Role) throws {
        guard try version(of: database) < steps.count else { return }
        try database.inTransaction(.immediate) {
            let present = try version(of: database)
            guard present < steps.count else { return .rollback }
            if role == .reader { try refuseOlder(database) }
            for step in steps[present...] { try database.execute(sql: step) }
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: "PRAGMA user_version = \(steps.count)")
            return .commit
        }
    }

    private static func version(of database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    }

    /// Times are microseconds since 1970. Numbers of images and catalogues are never used again (AUTOINCREMENT, and
    /// `SQLiteDatabase` for images of another copy of the database).
    ///
    /// Metadata is kept twice: as JSON text in `images`, which is the truth, and taken apart in `metadata_values`, one
    /// row a member, by which filters find images. `metadata_keys` is the tree of the members' names. Values are in
    /// the byte order of `MetadataSortKey`.
    private static let version1 = """
        CREATE TABLE catalogues (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            model_id TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE images (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            name TEXT NOT NULL,
            path TEXT,
            format TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            byte_count INTEGER NOT NULL,
            metadata TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            UNIQUE (hash, catalogue_id)
        ) STRICT;
        CREATE INDEX images_by_catalogue ON images (catalogue_id, id, byte_count);

        CREATE TABLE embedding_spaces (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
            model_id TEXT NOT NULL,
            digest TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            UNIQUE (catalogue_id, model_id, digest, dimension)
        ) STRICT;

        CREATE TABLE embeddings (
            id INTEGER PRIMARY KEY,
            space_id INTEGER NOT NULL REFERENCES embedding_spaces(id) ON DELETE CASCADE,
            image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
            vector BLOB NOT NULL,
            UNIQUE (space_id, image_id)
        ) STRICT;
        CREATE INDEX embeddings_by_image ON embeddings (image_id);

        CREATE TABLE sources (
            catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            byte_count INTEGER NOT NULL,
            modified_at INTEGER NOT NULL,
            image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
            PRIMARY KEY (catalogue_id, path)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sources_by_image ON sources (image_id);

        CREATE TABLE metadata_keys (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
            parent_id INTEGER NOT NULL,
            name BLOB NOT NULL,
            UNIQUE (catalogue_id, parent_id, name)
        ) STRICT;

        CREATE TABLE metadata_values (
            image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
            key_id INTEGER NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (image_id, key_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX metadata_values_by_value ON metadata_values (key_id, value);

        CREATE TABLE jobs (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            lane TEXT NOT NULL,
            work TEXT NOT NULL,
            state TEXT NOT NULL,
            owner TEXT,
            total INTEGER NOT NULL,
            done INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            skipped INTEGER NOT NULL,
            result TEXT,
            reason TEXT,
            reason_code TEXT,
            is_cancellation_requested INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER
        ) STRICT;
        CREATE INDEX unfinished_jobs ON jobs (lane, sequence) WHERE state IN ('queued', 'running');
        CREATE INDEX ended_jobs ON jobs (ended_at) WHERE ended_at IS NOT NULL;

        CREATE TABLE job_failures (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job_sequence INTEGER NOT NULL REFERENCES jobs(sequence) ON DELETE CASCADE,
            path TEXT NOT NULL,
            code TEXT NOT NULL,
            message TEXT NOT NULL
        ) STRICT;
        CREATE INDEX job_failures_by_job ON job_failures (job_sequence, id);

        CREATE TABLE api_keys (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            scope TEXT NOT NULL,
            secret_hash BLOB NOT NULL UNIQUE,
            created_at INTEGER NOT NULL
        ) STRICT;
        """

    /// The keys that a catalogue declares filterable, a JSON list of strings. SQLite finds images by any key through
    /// `metadata_values_by_value`: these are a record of those that matter.
    private static let version2 = """
        ALTER TABLE catalogues ADD COLUMN filterable_keys TEXT NOT NULL DEFAULT '[]';
        """
}
