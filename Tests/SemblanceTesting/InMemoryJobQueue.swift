import SemblanceCore

/// A bounded queue in memory.
public actor InMemoryJobQueue: JobQueue {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<Job.ID?, Never>
    }

    private let capacity: Int
    private var waiting: [Job.Lane: [Job.ID]] = [:]
    private var handedOut: Set<Job.ID> = []
    private var waiters: [Job.Lane: [Waiter]] = [:]
    private var lastWaiter = 0
    private let maximumTryCount: Int
    private var tries: [Job.ID: Int] = [:]
    private var dead: [DeadLetter] = []
    private var isClosed = false

    /// - Parameters:
    ///   - capacity: jobs that may wait in a lane.
    ///   - maximumTryCount: tries before a job is given up.
    public init(capacity: Int = 1000, maximumTryCount: Int = 3) {
        self.capacity = capacity
        self.maximumTryCount = maximumTryCount
    }

    public func enqueue(_ id: Job.ID, lane: Job.Lane) throws {
        guard !handedOut.contains(id), !(waiting[lane] ?? []).contains(id) else { return }
        if waiters[lane]?.isEmpty == false, let waiter = waiters[lane]?.removeFirst() {
            handedOut.insert(id)
            waiter.continuation.resume(returning: id)
            return
        }
        guard (waiting[lane] ?? []).count < capacity else {
            throw JobError(.queueFull, "\(capacity) jobs are waiting already; try again when some are done.")
        }
        waiting[lane, default: []].append(id)
    }

    public func next(in lane: Job.Lane) async throws -> Job.ID? {
        lastWaiter += 1
        let number = lastWaiter
        return await withTaskCancellationHandler {
            await wait(as: number, in: lane)
        } onCancel: {
            Task { await self.cancel(number, in: lane) }
        }
    }

    private func wait(as number: Int, in lane: Job.Lane) async -> Job.ID? {
        guard !isClosed, !Task.isCancelled else { return nil }
        if waiting[lane]?.isEmpty == false, let id = waiting[lane]?.removeFirst() {
            handedOut.insert(id)
            return id
        }
        return await withCheckedContinuation {
            waiters[lane, default: []].append(Waiter(number: number, continuation: $0))
        }
    }

    private func cancel(_ number: Int, in lane: Job.Lane) {
        guard let position = waiters[lane]?.firstIndex(where: { $0.number == number }) else { return }
        waiters[lane]?.remove(at: position).continuation.resume(returning: nil)
    }

    public func acknowledge(_ id: Job.ID, lane: Job.Lane) {
        handedOut.remove(id)
        tries[id] = nil
    }

    /// After a short pause, if there is to be one: tests do not wait long.
    public func putBack(_ id: Job.ID, lane: Job.Lane, after pause: Duration) async throws {
        try? await Task.sleep(for: min(pause, .milliseconds(20)))
        handedOut.remove(id)
        try enqueue(id, lane: lane)
    }

    /// Without a pause: tests do not wait.
    public func retry(_ id: Job.ID, lane: Job.Lane, reason: String) async throws -> JobRetry {
        handedOut.remove(id)
        tries[id, default: 0] += 1
        let count = tries[id] ?? 1
        guard count < maximumTryCount else {
            tries[id] = nil
            dead.insert(
                DeadLetter(job: id, lane: lane, reason: reason, tries: count, milliseconds: 0), at: 0)
            return .givenUp(tries: count)
        }
        try enqueue(id, lane: lane)
        return .later(.zero)
    }

    public func deadLetters(limit: Int) -> [DeadLetter] { Array(dead.prefix(limit)) }

    public func removeDeadLetter(of id: Job.ID) -> Bool {
        let count = dead.count
        dead.removeAll { $0.job == id }
        return dead.count < count
    }

    public func depth(of lane: Job.Lane) -> Int { (waiting[lane] ?? []).count }

    /// Sends all waiting workers home.
    public func close() {
        isClosed = true
        for waiter in waiters.values.joined() { waiter.continuation.resume(returning: nil) }
        waiters = [:]
    }
}
