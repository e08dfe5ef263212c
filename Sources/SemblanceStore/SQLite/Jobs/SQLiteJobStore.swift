import Foundation
import GRDB
import SemblanceCore

/// Jobs in SQLite.
///
/// Only the holder of the data folder's lock runs jobs. So a job that is running by anybody else than this very store
/// was left by a process that is gone.
public struct SQLiteJobStore: JobStore {
    private let database: SQLiteDatabase
    /// Tells this process's running jobs from those of one that died.
    private let owner = UUID().uuidString

    public init(database: SQLiteDatabase) {
        self.database = database
    }

    public func insert(_ job: Job) async throws {
        try await database.write { try JobRow.insert(job, into: $0) }
    }

    public func job(_ id: Job.ID) async throws -> Job {
        try await database.read { try JobRow.fetch(id, from: $0).job }
    }

    public func jobs(in states: Set<Job.State>?, lane: Job.Lane?, limit: Int, offset: Int) async throws -> [Job] {
        try await database.read { database in
            var conditions: [SQL] = ["TRUE"]
            if let states { conditions.append("state IN \(states.map(\.rawValue))") }
            if let lane { conditions.append("lane = \(lane.rawValue)") }
            return try Self.fetch(
                database,
                """
                SELECT \(sql: JobRow.listColumns) FROM jobs WHERE \(conditions.joined(operator: .and))
                ORDER BY sequence DESC LIMIT \(limit) OFFSET \(offset)
                """)
        }
    }

    public func counts() async throws -> [Job.State: Int] {
        try await database.read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT state, count(*) FROM jobs GROUP BY state")
            return try rows.reduce(into: [:]) { counts, row in
                guard let state = Job.State(rawValue: row[0]) else { throw StoreError.damagedDatabase() }
                counts[state] = row[1]
            }
        }
    }

    public func unfinished(lane: Job.Lane, limit: Int) async throws -> [Job.ID] {
        // Beside a writer, what runs is that one's.
        let orphaned: SQL = database.role == .writer ? "owner IS NOT \(owner)" : "FALSE"
        return try await database.read { database in
            let ids: SQLRequest<String> = """
                SELECT id FROM jobs WHERE lane = \(lane.rawValue) AND state IN ('queued', 'running')
                AND (state = 'queued' OR \(orphaned)) ORDER BY sequence LIMIT \(limit)
                """
            return try ids.fetchAll(database).map(Job.ID.init(rawValue:))
        }
    }

    public func start(_ id: Job.ID) async throws -> Job? {
        try await database.writeAsWriter { database in
            var row = try JobRow.fetch(id, from: database)
            let before = row.job
            let isStarted = row.job.start(isOrphaned: row.owner != owner, at: Date())
            guard row.job != before else { return nil }
            row.owner = owner
            try row.update(in: database)
            guard isStarted else { return nil }
            try database.execute(sql: "DELETE FROM job_failures WHERE job_sequence = ?", arguments: [row.sequence])
            return try JobRow.fetch(id, from: database).job
        }
    }

    public func report(_ id: Job.ID, progress: JobProgress, failures: [FileFailure]) async throws -> Bool {
        try await database.write { database in
            // Only these columns: the work of an upload by URL list may be long, and this runs five times a second.
            let update = try database.cachedStatement(
                sql: """
                    UPDATE jobs SET total = ?, done = ?, failed = ?, skipped = ? WHERE id = ? AND state = 'running'
                    RETURNING sequence, is_cancellation_requested
                    """)
            let arguments: StatementArguments = [
                progress.total, progress.done, progress.failed, progress.skipped, id.rawValue,
            ]
            guard id.rawValue.isStorable, let row = try Row.fetchOne(update, arguments: arguments) else {
                // One that nobody knows throws.
                _ = try JobRow.fetch(id, from: database)
                return true
            }
            let sequence: Int64 = row[0]
            let statement = try database.cachedStatement(
                sql: "INSERT INTO job_failures (job_sequence, path, code, message) VALUES (?, ?, ?, ?)")
            for failure in failures {
                try statement.execute(arguments: [
                    sequence, failure.path.storable, failure.code.storable, failure.message.storable,
                ])
            }
            return row[1]
        }
    }

    public func finish(_ id: Job.ID, _ outcome: JobOutcome) async throws {
        _ = try await change(id) { try $0.finish(outcome, at: Date()) }
    }

    public func requestCancellation(_ id: Job.ID) async throws -> Job {
        try await change(id) { try $0.requestCancellation(at: Date()) }
    }

    public func failures(of id: Job.ID, limit: Int, offset: Int) async throws -> [FileFailure] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT path, code, message FROM job_failures WHERE job_sequence = ? ORDER BY id LIMIT ? OFFSET ?
                    """,
                arguments: [try JobRow.fetch(id, from: database).sequence, limit, offset]
            ).map { FileFailure(path: $0[0], code: $0[1], message: $0[2]) }
        }
    }

    public func deleteJobs(endedBefore age: Duration) async throws -> Int {
        let limit = (Date() - age / .seconds(1)).microseconds
        return try await database.write { database in
            try database.execute(sql: "DELETE FROM jobs WHERE ended_at < ?", arguments: [limit])
            return database.changesCount
        }
    }

    private func change(_ id: Job.ID, _ body: @Sendable (inout Job) throws -> Void) async throws -> Job {
        try await database.write { database in
            var row = try JobRow.fetch(id, from: database)
            try body(&row.job)
            try row.update(in: database)
            return try JobRow.fetch(id, from: database).job
        }
    }

    private static func fetch(_ database: Database, _ sql: SQL) throws -> [Job] {
        try SQLRequest<Row>(literal: sql).fetchAll(database).map { try JobRow(row: $0).job }
    }
}
