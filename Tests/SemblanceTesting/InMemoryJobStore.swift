import Foundation
import SemblanceCore

/// A job store without a database.
///
/// Copies share their jobs. `reopened()` is the store as the next process sees it: what this one has left running is
/// orphaned there.
public struct InMemoryJobStore: JobStore {
    private let jobs: StoredJobs
    private let owner = UUID()

    public init() {
        self.init(jobs: StoredJobs())
    }

    private init(jobs: StoredJobs) {
        self.jobs = jobs
    }

    public func reopened() -> InMemoryJobStore {
        InMemoryJobStore(jobs: jobs)
    }

    public func insert(_ job: Job) async throws { await jobs.insert(job) }

    public func job(_ id: Job.ID) async throws -> Job { try await jobs.row(id).job }

    public func jobs(in states: Set<Job.State>?, lane: Job.Lane?, limit: Int, offset: Int) async throws -> [Job] {
        let all = await jobs.all().reversed().map(\.job).filter { job in
            (states?.contains(job.state) ?? true) && (lane == nil || job.work.lane == lane)
        }
        return all.dropFirst(offset).prefix(limit).map { job in
            var listed = job
            if job.work.lane == .search { listed.result = nil }
            return listed
        }
    }

    public func counts() async throws -> [Job.State: Int] {
        Dictionary(await jobs.all().map { ($0.job.state, 1) }, uniquingKeysWith: +)
    }

    public func unfinished(lane: Job.Lane, limit: Int) async throws -> [Job.ID] {
        let all = await jobs.all().filter { row in
            row.job.work.lane == lane
                && (row.job.state == .queued || row.job.state == .running && row.owner != owner)
        }
        return all.prefix(limit).map(\.job.id)
    }

    public func start(_ id: Job.ID) async throws -> Job? {
        try await jobs.change(id) { [owner] row in
            guard row.job.start(isOrphaned: row.owner != owner, at: Date()) else { return nil }
            row.owner = owner
            row.failures = []
            return row.job
        }
    }

    public func report(_ id: Job.ID, progress: JobProgress, failures: [FileFailure]) async throws -> Bool {
        try await jobs.change(id) { row in
            guard row.job.state == .running else { return true }
            row.job.progress = progress
            row.failures += failures
            return row.job.isCancellationRequested
        }
    }

    public func finish(_ id: Job.ID, _ outcome: JobOutcome) async throws {
        try await jobs.change(id) { try $0.job.finish(outcome, at: Date()) }
    }

    public func requestCancellation(_ id: Job.ID) async throws -> Job {
        try await jobs.change(id) { row in
            try row.job.requestCancellation(at: Date())
            return row.job
        }
    }

    public func failures(of id: Job.ID, limit: Int, offset: Int) async throws -> [FileFailure] {
        Array(try await jobs.row(id).failures.dropFirst(offset).prefix(limit))
    }

    public func deleteJobs(endedBefore age: Duration) async throws -> Int {
        await jobs.removeAll(endedBefore: Date() - age / .seconds(1))
    }
}

private actor StoredJobs {
    struct Row {
        var job: Job
        var owner: UUID?
        var failures: [FileFailure] = []
    }

    private var rows: [Row] = []

    func insert(_ job: Job) { rows.append(Row(job: job)) }

    func all() -> [Row] { rows }

    func row(_ id: Job.ID) throws -> Row { rows[try position(of: id)] }

    func change<Result>(_ id: Job.ID, _ body: @Sendable (inout Row) throws -> Result) throws -> Result {
        try body(&rows[try position(of: id)])
    }

    func removeAll(endedBefore date: Date) -> Int {
        let count = rows.count
        rows.removeAll { $0.job.endedAt.map { $0 < date } ?? false }
        return count - rows.count
    }

    private func position(of id: Job.ID) throws -> Int {
        guard let position = rows.firstIndex(where: { $0.job.id == id }) else {
            throw JobError(.unknownJob, "There is no job '\(id.rawValue.prefix(40))'.")
        }
        return position
    }
}
