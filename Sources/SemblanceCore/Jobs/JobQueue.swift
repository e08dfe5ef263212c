/// Hands jobs to workers. At least once: handlers are idempotent.
///
/// The job store is the truth. A queue holds nothing but which jobs wait and which are in hand; one that has lost that
/// is filled again from the store. Errors are `JobError`.
public protocol JobQueue: Sendable {
    /// Makes a stored job known to workers. One that waits or is in hand already is no news.
    /// - Throws: `job-queue-full`, `job-queue-unavailable`.
    func enqueue(_ id: Job.ID, lane: Job.Lane) async throws
    /// Waits for the next job of a lane; `nil` when the queue is closed or the task is cancelled. A queue whose server
    /// cannot be reached makes workers wait until it can.
    func next(in lane: Job.Lane) async throws -> Job.ID?
    /// The job is done with, whatever its outcome.
    func acknowledge(_ id: Job.ID, lane: Job.Lane) async throws
    /// Gives back a job in hand that was not run, or not to its end; somebody gets it after the pause.
    func putBack(_ id: Job.ID, lane: Job.Lane, after pause: Duration) async throws
    /// Gives back a job in hand that could not be run for a reason that is not its own, such as a database that is
    /// restarting. It is handed out again after a pause that grows with each time, or given up.
    func retry(_ id: Job.ID, lane: Job.Lane, reason: String) async throws -> JobRetry
    /// The jobs in hand are still being worked on. A job that is not renewed for some time counts as left by a dead
    /// worker and is handed to another.
    func renew(_ ids: Set<Job.ID>, lane: Job.Lane) async throws
    /// Jobs waiting in a lane.
    func depth(of lane: Job.Lane) async throws -> Int
    /// Jobs that were given up, newest first.
    func deadLetters(limit: Int) async throws -> [DeadLetter]
    /// Forgets a job that was given up.
    /// - Returns: whether there was one.
    func removeDeadLetter(of id: Job.ID) async throws -> Bool
    /// Numbers over all processes that share the queue.
    func statistics(of lane: Job.Lane) async throws -> JobQueueStatistics
    /// Sends waiting workers home. What waits stays for other processes, or the next one.
    func close() async
}

/// What becomes of a job that could not be run.
public enum JobRetry: Hashable, Sendable {
    case later(Duration)
    /// It was tried so often, and is among the dead letters now.
    case givenUp(tries: Int)
}

/// A job that was given up. It is marked as failed in the job store; its uploads are kept, so that it can be tried again.
public struct DeadLetter: Hashable, Sendable, Codable {
    public let job: Job.ID
    public let lane: Job.Lane
    /// The last reason why it could not be run.
    public let reason: String
    public let tries: Int
    public let milliseconds: Int64

    /// - Parameter milliseconds: when it was given up, since 1970.
    public init(job: Job.ID, lane: Job.Lane, reason: String, tries: Int, milliseconds: Int64) {
        self.job = job
        self.lane = lane
        self.reason = reason
        self.tries = tries
        self.milliseconds = milliseconds
    }
}

public struct JobQueueStatistics: Hashable, Sendable {
    /// Whether the queue is shared by processes and keeps count; else only the depth is known.
    public var isShared: Bool
    /// Jobs that wait, delayed ones among them.
    public var depth: Int
    /// Jobs in workers' hands.
    public var inHand: Int
    /// Jobs that wait for their next try.
    public var delayed: Int
    /// Processes that take jobs from the lane.
    public var workers: Int
    /// Since the queue was first used, or lost its memory.
    public var retries: Int
    public var takeovers: Int
    public var deadLetters: Int

    public init(
        isShared: Bool, depth: Int = 0, inHand: Int = 0, delayed: Int = 0, workers: Int = 0, retries: Int = 0,
        takeovers: Int = 0, deadLetters: Int = 0
    ) {
        self.isShared = isShared
        self.depth = depth
        self.inHand = inHand
        self.delayed = delayed
        self.workers = workers
        self.retries = retries
        self.takeovers = takeovers
        self.deadLetters = deadLetters
    }
}

/// A queue inside one process: its jobs have no other process to go to.
extension JobQueue {
    public func putBack(_ id: Job.ID, lane: Job.Lane, after pause: Duration) async throws {
        try await acknowledge(id, lane: lane)
    }
    public func renew(_ ids: Set<Job.ID>, lane: Job.Lane) async throws {}
    public func deadLetters(limit: Int) async throws -> [DeadLetter] { [] }
    public func removeDeadLetter(of id: Job.ID) async throws -> Bool { false }
    public func statistics(of lane: Job.Lane) async throws -> JobQueueStatistics {
        JobQueueStatistics(isShared: false, depth: try await depth(of: lane))
    }
}
