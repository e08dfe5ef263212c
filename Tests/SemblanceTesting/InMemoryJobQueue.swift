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
    private var isClosed = false

    /// - Parameter capacity: jobs that may wait in a lane.
    public init(capacity: Int = 1000) {
        self.capacity = capacity
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

    public func acknowledge(_ id: Job.ID, lane: Job.Lane) { handedOut.remove(id) }

    public func depth(of lane: Job.Lane) -> Int { (waiting[lane] ?? []).count }

    /// Sends all waiting workers home.
    public func close() {
        isClosed = true
        for waiter in waiters.values.joined() { waiter.continuation.resume(returning: nil) }
        waiters = [:]
    }
}
