import Foundation
import SemblanceCore

/// A job as it lies in the table: the job, its place in the order, and the process that has it.
struct PostgresJobRow {
    /// Nobody works on it any more, by the database's clock.
    static let isOrphaned = "coalesce(lease_until < clock_timestamp(), true)"

    static let columns = names(result: "result")
    /// Without what searches found, which may be long.
    static let listColumns = names(result: "CASE lane WHEN 'search' THEN NULL ELSE result END")

    private static func names(result: String) -> String {
        """
        sequence, id, work, state, owner, total, done, failed, skipped, \(result), reason, reason_code,
        is_cancellation_requested, attempts, created_at, started_at, ended_at, \(isOrphaned)
        """
    }

    let sequence: Int64
    var job: Job
    /// Who started it last; meaningful while it runs.
    let owner: String?
    let isOrphaned: Bool

    init(_ row: PostgresRow) throws {
        let result: String? = try row.optional(9)
        let startedAt: Int64? = try row.optional(15)
        let endedAt: Int64? = try row.optional(16)
        sequence = try row[0]
        owner = try row.optional(4)
        isOrphaned = try row[17]
        job = Job(
            id: Job.ID(rawValue: try row[1]), work: try JobWork(column: row[2]), state: try Self.state(row[3]),
            progress: JobProgress(total: try row[5], done: try row[6], failed: try row[7], skipped: try row[8]),
            result: try result.map(JSONValue.init(column:)), reason: try row.optional(10),
            reasonCode: try row.optional(11), isCancellationRequested: try row[12], attempts: try row[13],
            createdAt: Date(microseconds: try row[14]), startedAt: startedAt.map(Date.init(microseconds:)),
            endedAt: endedAt.map(Date.init(microseconds:)))
    }

    static func state(_ text: String) throws -> Job.State {
        guard let state = Job.State(rawValue: text) else {
            throw PostgresFailure(.unexpectedValue, "a job's state is '\(text)'")
        }
        return state
    }

    /// - Parameter locking: nobody else changes it until the transaction ends.
    /// - Throws: `JobError` with `job-unknown`.
    static func fetch(
        _ id: Job.ID, _ connection: PostgresConnection, locking: Bool = false
    ) throws -> PostgresJobRow {
        let row =
            id.rawValue.isStorable
            ? try connection.query(
                "SELECT \(columns) FROM jobs WHERE id = $1\(locking ? " FOR UPDATE" : "")", [.text(id.rawValue)]
            ).first : nil
        guard let row else { throw JobError(.unknownJob, "There is no job '\(id.rawValue.prefix(40))'.") }
        return try PostgresJobRow(row)
    }

    static func insert(_ job: Job, _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO jobs (id, lane, work, state, total, done, failed, skipped, result, reason, reason_code,
                is_cancellation_requested, attempts, created_at, started_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            """,
            [
                .text(job.id.rawValue), .text(job.work.lane.rawValue), .text(try job.work.column),
                .text(job.state.rawValue), .integer(job.progress.total), .integer(job.progress.done),
                .integer(job.progress.failed), .integer(job.progress.skipped), .optional(job.result?.text),
                .optional(job.reason?.storable), .optional(job.reasonCode), .bool(job.isCancellationRequested),
                .integer(job.attempts), .integer(job.createdAt.microseconds),
                .optional(job.startedAt?.microseconds), .optional(job.endedAt?.microseconds),
            ])
    }

    /// Writes everything that can change.
    /// - Parameter lease: how long the owner has it from now on.
    func update(owner: String?, lease: Duration?, _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            UPDATE jobs SET state = $2, owner = $3, lease_until = clock_timestamp() + $4 * interval '1 millisecond',
                total = $5, done = $6, failed = $7, skipped = $8, result = $9, reason = $10, reason_code = $11,
                is_cancellation_requested = $12, attempts = $13, started_at = $14, ended_at = $15
            WHERE sequence = $1
            """,
            [
                .integer(sequence), .text(job.state.rawValue), .optional(owner), .optional(lease?.milliseconds),
                .integer(job.progress.total), .integer(job.progress.done), .integer(job.progress.failed),
                .integer(job.progress.skipped), .optional(job.result?.text), .optional(job.reason?.storable),
                .optional(job.reasonCode), .bool(job.isCancellationRequested), .integer(job.attempts),
                .optional(job.startedAt?.microseconds), .optional(job.endedAt?.microseconds),
            ])
    }
}
