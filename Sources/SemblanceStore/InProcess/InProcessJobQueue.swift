import SemblanceCore
import Synchronization

/// Hands jobs to the workers of this process.
///
/// Nothing is kept here that is not in the job store: jobs of an earlier process, and those that another process
/// inserts, are found by looking there, when a worker first asks and then at an interval. What this process enqueues
/// reaches a worker at once.
public final class InProcessJobQueue: JobQueue {
    public struct Configuration: Sendable, Hashable {
        /// Jobs that may wait in a lane; more are refused. Default 1,000; 1 or more.
        public var capacity: Int
        /// How often the store is looked at. Default 300 ms.
        public var pollingInterval: Duration
        /// For jobs that could not be run.
        public var retries: RetryPolicy

        public init(
            capacity: Int = 1000, pollingInterval: Duration = .milliseconds(300), retries: RetryPolicy = RetryPolicy()
        ) {
            precondition(capacity > 0 && pollingInterval > .zero)
            self.capacity = capacity
            self.pollingInterval = pollingInterval
            self.retries = retries
        }
    }

    private struct State {
        var lanes: [Job.Lane: QueueState]
        var continuations: [QueueState.Waiter: CheckedContinuation<Job.ID?, Never>] = [:]
        var lastWaiter: QueueState.Waiter = 0
        var poller: Task<Void, Never>?
        /// How often a job could not be run.
        var tries: [Job.ID: Int] = [:]
    }

    private let jobs: any JobStore
    private let configuration: Configuration
    private let state: Mutex<State>

    public init(jobs: any JobStore, configuration: Configuration = Configuration()) {
        self.jobs = jobs
        self.configuration = configuration
        let lanes = Job.Lane.allCases.map { ($0, QueueState(capacity: configuration.capacity)) }
        state = Mutex(State(lanes: Dictionary(uniqueKeysWithValues: lanes)))
    }

    deinit { close() }

    public func enqueue(_ id: Job.ID, lane: Job.Lane) async throws {
        guard accept(id, lane: lane) else {
            throw JobError(
                .queueFull, "\(configuration.capacity) jobs are waiting already; try again when some are done.")
        }
    }

    public func next(in lane: Job.Lane) async throws -> Job.ID? {
        startPolling()
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, as: waiter, in: lane) }
        } onCancel: {
            leave(waiter, in: lane)
        }
    }

    public func acknowledge(_ id: Job.ID, lane: Job.Lane) async throws {
        state.withLock { state in
            state.tries[id] = nil
            state.lanes[lane]?.acknowledge(id)
        }
    }

    public func retry(_ id: Job.ID, lane: Job.Lane, reason: String) async throws -> JobRetry {
        let decision = state.withLock { state in
            state.tries[id, default: 0] += 1
            return configuration.retries.decide(
                afterTries: state.tries[id] ?? 1, jitter: Double.random(in: 0...1))
        }
        switch decision {
        case .givenUp: try await acknowledge(id, lane: lane)
        case .later(let pause): release(id, in: lane, after: pause)
        }
        return decision
    }

    public func putBack(_ id: Job.ID, lane: Job.Lane, after pause: Duration) async throws {
        release(id, in: lane, after: pause)
    }

    /// Known until then, so that looking into the store does not find it; it does afterwards.
    private func release(_ id: Job.ID, in lane: Job.Lane, after pause: Duration) {
        guard pause > .zero else { return state.withLock { $0.lanes[lane]?.acknowledge(id) } }
        Task { [weak self] in
            try? await Task.sleep(for: pause)
            self?.state.withLock { $0.lanes[lane]?.acknowledge(id) }
        }
    }

    public func depth(of lane: Job.Lane) async throws -> Int {
        state.withLock { $0.lanes[lane]?.depth ?? 0 }
    }

    /// Sends all waiting workers home. What waits stays in the store, for the next process.
    public func close() {
        let continuations = state.withLock { state in
            state.poller?.cancel()
            let waiters = Job.Lane.allCases.flatMap { state.lanes[$0]?.close() ?? [] }
            return waiters.compactMap { state.continuations.removeValue(forKey: $0) }
        }
        for continuation in continuations { continuation.resume(returning: nil) }
    }

    // MARK: Waiting

    private func wait(
        _ continuation: CheckedContinuation<Job.ID?, Never>, as waiter: QueueState.Waiter, in lane: Job.Lane
    ) {
        // Asked under the lock: a cancellation that came before finds nobody to send home, one that comes after does.
        let answer: Job.ID?? = state.withLock { state in
            if Task.isCancelled { return .some(nil) }
            if let id = state.lanes[lane]?.next(for: waiter) { return .some(id) }
            if state.lanes[lane]?.isClosed ?? true { return .some(nil) }
            state.continuations[waiter] = continuation
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func leave(_ waiter: QueueState.Waiter, in lane: Job.Lane) {
        let continuation = state.withLock { state in
            state.lanes[lane]?.leave(waiter)
            return state.continuations.removeValue(forKey: waiter)
        }
        continuation?.resume(returning: nil)
    }

    private func accept(_ id: Job.ID, lane: Job.Lane) -> Bool {
        var continuation: CheckedContinuation<Job.ID?, Never>?
        let action = state.withLock { state -> QueueState.Action in
            let action = state.lanes[lane]?.enqueue(id) ?? .refuse
            if case .hand(_, let waiter) = action { continuation = state.continuations.removeValue(forKey: waiter) }
            return action
        }
        continuation?.resume(returning: id)
        return action != .refuse
    }

    // MARK: Looking into the store

    private func startPolling() {
        state.withLock { state in
            guard state.poller == nil else { return }
            let interval = configuration.pollingInterval
            state.poller = Task { [weak self] in
                while !Task.isCancelled {
                    guard await self?.poll() != nil else { return }
                    try? await Task.sleep(for: interval)
                }
            }
        }
    }

    /// Takes in jobs of the store that this queue does not know. A store that fails is asked again next time.
    private func poll() async {
        for lane in Job.Lane.allCases {
            let (room, knownCount) = state.withLock { ($0.lanes[lane]?.room ?? 0, $0.lanes[lane]?.knownCount ?? 0) }
            // The oldest are those that are known already.
            guard room > 0, let found = try? await jobs.unfinished(lane: lane, limit: room + knownCount) else {
                continue
            }
            for id in found where !accept(id, lane: lane) { break }
        }
    }
}
