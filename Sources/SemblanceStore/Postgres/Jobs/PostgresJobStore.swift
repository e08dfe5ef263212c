import Foundation
import SemblanceCore

/// Jobs in PostgreSQL, for any number of processes that run them.
///
/// Whoever starts a job has it for as long as a lease, by the database's clock, and renews that while it runs. When the
/// lease runs out anybody may start the job again. From then on the first process is told that it lost it, and writes
/// nothing any more: each write names the process and the attempt.
public struct PostgresJobStore: JobStore {
    /// How long a job stays a process's own that does not renew it.
    public static let defaultLease = Duration.seconds(30)

    let database: PostgresDatabase
    private let lease: Duration
    /// Tells this process's running jobs from others'.
    private let owner = UUID().uuidString
    private let leases = JobLeases()

    public init(database: PostgresDatabase, lease: Duration = defaultLease) {
        precondition(lease > .zero)
        self.database = database
        self.lease = lease
    }

    public func insert(_ job: Job) async throws {
        try await database.write { try PostgresJobRow.insert(job, $0) }
    }

    public func job(_ id: Job.ID) async throws -> Job {
        try await database.read { try PostgresJobRow.fetch(id, $0).job }
    }

    public func jobs(in states: Set<Job.State>?, lane: Job.Lane?, limit: Int, offset: Int) async throws -> [Job] {
        try await database.read { connection in
            var condition = PostgresCondition()
            var parts: [String] = []
            if let states {
                parts.append("state = ANY (\(condition.bind(.texts(states.map(\.rawValue).sorted()))))")
            }
            if let lane { parts.append("lane = \(condition.bind(.text(lane.rawValue)))") }
            let filter = parts.isEmpty ? "TRUE" : parts.joined(separator: " AND ")
            let rows = try connection.query(
                """
                SELECT \(PostgresJobRow.listColumns) FROM jobs WHERE \(filter) ORDER BY sequence DESC
                LIMIT \(condition.bind(.integer(limit))) OFFSET \(condition.bind(.integer(offset)))
                """, condition.parameters)
            return try rows.map { try PostgresJobRow($0).job }
        }
    }

    public func counts() async throws -> [Job.State: Int] {
        try await database.read { connection in
            try connection.query("SELECT state, count(*) FROM jobs GROUP BY state").reduce(into: [:]) { counts, row in
                counts[try PostgresJobRow.state(row[0])] = try row[1] as Int
            }
        }
    }

    public func unfinished(lane: Job.Lane, limit: Int) async throws -> [Job.ID] {
        let own = leases.running.map(\.rawValue)
        return try await database.read { connection in
            try connection.query(
                """
                SELECT id FROM jobs WHERE lane = $1 AND state IN ('queued', 'running')
                AND (state = 'queued' OR \(PostgresJobRow.isOrphaned)) AND NOT (id = ANY ($2) AND state = 'running')
                ORDER BY sequence LIMIT $3
                """, [.text(lane.rawValue), .texts(own), .integer(limit)]
            ).map { Job.ID(rawValue: try $0[0]) }
        }
    }

    public func start(_ id: Job.ID) async throws -> Job? {
        let isOwn = leases.isRunning(id)
        let started = try await database.write { [owner, lease] connection -> Job? in
            var row = try PostgresJobRow.fetch(id, connection, locking: true)
            let before = row.job
            let isStarted = row.job.start(isOrphaned: row.isOrphaned && !isOwn, at: Date())
            guard row.job != before else { return nil }
            try row.update(owner: owner, lease: lease, connection)
            guard isStarted else { return nil }
            try connection.execute("DELETE FROM job_failures WHERE job_sequence = $1", [.integer(row.sequence)])
            return try PostgresJobRow.fetch(id, connection).job
        }
        if let started { leases.begin(id, attempt: started.attempts) }
        return started
    }

    public func renewLeases(of ids: Set<Job.ID>) async throws -> Set<Job.ID> {
        let held = ids.compactMap { id in leases.attempt(of: id).map { (id, $0) } }
        let renewed = try await database.write { [owner, lease] connection -> Set<Job.ID> in
            guard !held.isEmpty else { return [] }
            let rows = try connection.query(
                """
                UPDATE jobs SET lease_until = clock_timestamp() + $1 * interval '1 millisecond'
                FROM (SELECT * FROM unnest($2, $3) AS listed (id, attempt) ORDER BY id) AS held
                WHERE jobs.id = held.id AND attempts = held.attempt AND owner = $4 AND state = 'running'
                RETURNING jobs.id
                """,
                [
                    .integer(lease.milliseconds), .texts(held.map(\.0.rawValue)), .integers(held.map { Int64($0.1) }),
                    .text(owner),
                ])
            return Set(try rows.map { Job.ID(rawValue: try $0[0]) })
        }
        let lost = ids.subtracting(renewed)
        for id in lost { leases.forget(id) }
        return lost
    }

    public func report(_ id: Job.ID, progress: JobProgress, failures: [FileFailure]) async throws -> Bool {
        let attempt = leases.attempt(of: id)
        return try await database.write { [owner] connection in
            // Only these columns: the work of an upload by URL list may be long, and this runs five times a second.
            let row = try connection.query(
                """
                UPDATE jobs SET total = $1, done = $2, failed = $3, skipped = $4
                WHERE id = $5 AND state = 'running' AND owner = $6 AND attempts = $7
                RETURNING sequence, is_cancellation_requested
                """,
                [
                    .integer(progress.total), .integer(progress.done), .integer(progress.failed),
                    .integer(progress.skipped), .text(id.rawValue.storable), .text(owner),
                    .optional(attempt.map(Int64.init)),
                ]
            ).first
            guard let row else {
                // One that nobody knows throws; one that has ended is to be stopped.
                let state = try PostgresJobRow.fetch(id, connection).job.state
                guard state != .running else { throw Self.leaseLost }
                return true
            }
            if !failures.isEmpty { try Self.insert(failures, of: row[0], connection) }
            return try row[1]
        }
    }

    public func finish(_ id: Job.ID, _ outcome: JobOutcome) async throws {
        let attempt = leases.attempt(of: id)
        leases.end(id)
        try await database.write { [owner] connection in
            var row = try PostgresJobRow.fetch(id, connection, locking: true)
            guard !row.job.state.isFinal else { return }
            let isOwn = row.owner == owner && row.job.attempts == attempt
            guard isOwn || attempt == nil && row.job.state != .running else { throw Self.leaseLost }
            try row.job.finish(outcome, at: Date())
            try row.update(owner: nil, lease: nil, connection)
        }
        leases.forget(id)
    }

    public func requestCancellation(_ id: Job.ID) async throws -> Job {
        try await database.write { connection in
            let row = try PostgresJobRow.fetch(id, connection, locking: true)
            var job = row.job
            try job.requestCancellation(at: Date())
            try connection.execute(
                """
                UPDATE jobs SET state = $2, reason = $3, is_cancellation_requested = true, ended_at = $4
                WHERE sequence = $1
                """,
                [
                    .integer(row.sequence), .text(job.state.rawValue), .optional(job.reason),
                    .optional(job.endedAt?.microseconds),
                ])
            return try PostgresJobRow.fetch(id, connection).job
        }
    }

    public func failures(of id: Job.ID, limit: Int, offset: Int) async throws -> [FileFailure] {
        try await database.read { connection in
            try connection.query(
                "SELECT path, code, message FROM job_failures WHERE job_sequence = $1 ORDER BY id LIMIT $2 OFFSET $3",
                [.integer(try PostgresJobRow.fetch(id, connection).sequence), .integer(limit), .integer(offset)]
            ).map { FileFailure(path: try $0[0], code: try $0[1], message: try $0[2]) }
        }
    }

    public func deleteJobs(endedBefore age: Duration) async throws -> Int {
        let limit = (Date() - age / .seconds(1)).microseconds
        return try await database.write { connection in
            try connection.execute("DELETE FROM jobs WHERE ended_at < $1", [.integer(limit)])
        }
    }

    private static func insert(
        _ failures: [FileFailure], of sequence: Int64, _ connection: PostgresConnection
    ) throws {
        try connection.execute(
            """
            INSERT INTO job_failures (job_sequence, path, code, message)
            SELECT $1, path, code, message FROM unnest($2, $3, $4) WITH ORDINALITY AS new (path, code, message, place)
            ORDER BY place
            """,
            [
                .integer(sequence), .texts(failures.map(\.path.storable)), .texts(failures.map(\.code.storable)),
                .texts(failures.map(\.message.storable)),
            ])
    }

    private static var leaseLost: JobError {
        JobError(.leaseLost, "Another process took the job over.")
    }
}
