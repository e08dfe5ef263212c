import Foundation
import GRDB
import SemblanceCore

/// A job as it lies in the table: the job, its place in the order, and the process that runs it.
struct JobRow {
    static let columns = names(result: "result")
    /// Without what searches found, which may be long.
    static let listColumns = names(result: "CASE lane WHEN 'search' THEN NULL ELSE result END")

    private static func names(result: String) -> String {
        """
        sequence, id, work, state, owner, total, done, failed, skipped, \(result), reason, reason_code,
        is_cancellation_requested, attempts, created_at, started_at, ended_at
        """
    }

    let sequence: Int64
    var job: Job
    /// Who started it last; meaningful while it runs.
    var owner: String?

    /// - Throws: `StoreError` with `database-damaged` for values that were never written.
    init(row: Row) throws {
        guard let state = Job.State(rawValue: row[3]) else { throw StoreError.damagedDatabase() }
        let result: String? = row[9]
        sequence = row[0]
        owner = row[4]
        job = Job(
            id: Job.ID(rawValue: row[1]), work: try JobWork(column: row[2]), state: state,
            progress: JobProgress(total: row[5], done: row[6], failed: row[7], skipped: row[8]),
            result: try result.map(JSONValue.init(column:)), reason: row[10], reasonCode: row[11],
            isCancellationRequested: row[12], attempts: row[13], createdAt: Date(microseconds: row[14]),
            startedAt: (row[15] as Int64?).map(Date.init(microseconds:)),
            endedAt: (row[16] as Int64?).map(Date.init(microseconds:)))
    }

    /// - Throws: `JobError` with `job-unknown`.
    static func fetch(_ id: Job.ID, from database: Database) throws -> JobRow {
        let statement = try database.cachedStatement(sql: "SELECT \(columns) FROM jobs WHERE id = ?")
        guard id.rawValue.isStorable, let row = try Row.fetchOne(statement, arguments: [id.rawValue]) else {
            throw JobError(.unknownJob, "There is no job '\(id.rawValue.prefix(40))'.")
        }
        return try JobRow(row: row)
    }

    static func insert(_ job: Job, into database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO jobs (id, lane, work, state, total, done, failed, skipped, result, reason, reason_code,
                    is_cancellation_requested, attempts, created_at, started_at, ended_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                job.id.rawValue, job.work.lane.rawValue, try job.work.column, job.state.rawValue, job.progress.total,
                job.progress.done, job.progress.failed, job.progress.skipped, job.result?.text, job.reason,
                job.reasonCode, job.isCancellationRequested, job.attempts, job.createdAt.microseconds,
                job.startedAt?.microseconds, job.endedAt?.microseconds,
            ])
    }

    /// Writes everything that can change.
    func update(in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE jobs SET state = ?, owner = ?, total = ?, done = ?, failed = ?, skipped = ?, result = ?,
                    reason = ?, reason_code = ?, is_cancellation_requested = ?, attempts = ?, started_at = ?, ended_at = ?
                WHERE sequence = ?
                """)
        try statement.execute(arguments: [
            job.state.rawValue, owner, job.progress.total, job.progress.done, job.progress.failed, job.progress.skipped,
            job.result?.text, job.reason?.storable, job.reasonCode, job.isCancellationRequested, job.attempts,
            job.startedAt?.microseconds, job.endedAt?.microseconds, sequence,
        ])
    }
}

extension JobWork {
    var column: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    init(column text: String) throws {
        do { self = try JSONDecoder().decode(JobWork.self, from: Data(text.utf8)) } catch {
            throw StoreError.damagedDatabase(underlying: error)
        }
    }
}
