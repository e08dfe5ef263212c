/// The truth about jobs. A queue that lost its memory is filled again from here.
///
/// Calls do not block the cooperative pool. Errors are `JobError` and `StoreError`.
public protocol JobStore: Sendable {
    func insert(_ job: Job) async throws
    /// - Throws: `job-unknown`.
    func job(_ id: Job.ID) async throws -> Job
    /// Newest first; searches without their results.
    func jobs(in states: Set<Job.State>?, lane: Job.Lane?, limit: Int, offset: Int) async throws -> [Job]
    /// How many jobs are in each state; states without jobs are left out.
    func counts() async throws -> [Job.State: Int]
    /// Queued jobs, and running ones whose worker is gone, oldest first. Asked several times a second.
    func unfinished(lane: Job.Lane, limit: Int) async throws -> [Job.ID]
    /// Marks a queued job, or a running one left by a dead worker, as running and counts the attempt.
    /// Progress starts at nothing and failures of an earlier attempt are forgotten: ingestion starts over, and what
    /// is in the catalogue already counts as skipped.
    /// - Returns: `nil` if it was cancelled or has ended meanwhile.
    func start(_ id: Job.ID) async throws -> Job?
    /// Keeps running jobs this process's own for another lease. A job whose lease runs out is an orphan: another process
    /// may start it.
    /// - Returns: those that are not its own any more, because somebody took them over or ended them: their work is to
    ///   stop and must not be written.
    func renewLeases(of ids: Set<Job.ID>) async throws -> Set<Job.ID>
    /// Writes progress, and failures since the last call; returns whether cancellation was requested.
    /// - Throws: `job-lease-lost` if another process took the job over.
    func report(_ id: Job.ID, progress: JobProgress, failures: [FileFailure]) async throws -> Bool
    /// Ends a running job. A job that has ended already is left as it is.
    /// - Throws: `job-lease-lost` if another process took the job over.
    func finish(_ id: Job.ID, _ outcome: JobOutcome) async throws
    /// Cancels a queued job at once; asks a running one to stop.
    /// - Throws: `job-already-ended`.
    func requestCancellation(_ id: Job.ID) async throws -> Job
    /// Failures in the order they happened.
    func failures(of id: Job.ID, limit: Int, offset: Int) async throws -> [FileFailure]
    /// Deletes ended jobs that are older; returns how many.
    func deleteJobs(endedBefore age: Duration) async throws -> Int
}

extension JobStore {
    /// A store that one process at a time runs jobs from has no leases: what is running there is that process's own.
    public func renewLeases(of ids: Set<Job.ID>) async throws -> Set<Job.ID> { [] }
}

public enum JobOutcome: Hashable, Sendable {
    case succeeded(result: JSONValue)
    case failed(code: String, reason: String)
    case cancelled
    /// Put back: the process is stopping and the next one goes on.
    case interrupted
}
