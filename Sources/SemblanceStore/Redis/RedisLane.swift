import SemblanceCore
import Synchronization

/// One lane of a queue in this process: those who wait, and the connection and thread that wait on the server for them.
final class RedisLane: Sendable {
    typealias Waiter = LaneHands.Waiter

    private struct State {
        var hands = LaneHands()
        var continuations: [Waiter: CheckedContinuation<Job.ID?, Never>] = [:]
        var lastWaiter: Waiter = 0
        var loop: Task<Void, Never>?
        /// The loop, when nobody waits.
        var idleLoop: CheckedContinuation<Void, Never>?
    }

    let lane: Job.Lane
    let keys: RedisLaneKeys
    let reader: RedisLaneReader
    private let state = Mutex(State())

    init(_ lane: Job.Lane, client: RedisClient, consumer: String, configuration: RedisJobQueue.Configuration) {
        self.lane = lane
        keys = RedisLaneKeys(prefix: configuration.keyPrefix, lane: lane)
        reader = RedisLaneReader(
            lane: lane, keys: keys, url: client.url, timeouts: client.timeouts, consumer: consumer,
            lease: configuration.lease, reconciliation: configuration.reconciliationInterval)
    }

    var isClosed: Bool { state.withLock { $0.hands.isClosed } }
    var hasStarted: Bool { state.withLock { $0.loop != nil } }

    /// Starts the loop that fetches jobs, at the first call.
    func start(_ loop: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            if state.loop == nil, !state.hands.isClosed { state.loop = Task { await loop() } }
        }
    }

    func close() {
        let (continuations, idleLoop) = state.withLock { state in
            state.loop?.cancel()
            let waiters = state.hands.close()
            let idle = state.idleLoop
            state.idleLoop = nil
            return (waiters.compactMap { state.continuations.removeValue(forKey: $0) }, idle)
        }
        for continuation in continuations { continuation.resume(returning: nil) }
        idleLoop?.resume()
        reader.close()
    }

    // MARK: Workers

    func next() async -> Job.ID? {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, as: waiter) }
        } onCancel: {
            leave(waiter)
        }
    }

    private func wait(_ continuation: CheckedContinuation<Job.ID?, Never>, as waiter: Waiter) {
        // Asked under the lock: a cancellation that came before finds nobody to send home, one that comes after does.
        let (waits, idleLoop) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !Task.isCancelled, state.hands.wait(waiter) else { return (false, nil) }
            state.continuations[waiter] = continuation
            defer { state.idleLoop = nil }
            return (true, state.idleLoop)
        }
        if !waits { continuation.resume(returning: nil) }
        idleLoop?.resume()
    }

    private func leave(_ waiter: Waiter) {
        let continuation = state.withLock { state in
            state.hands.leave(waiter)
            return state.continuations.removeValue(forKey: waiter)
        }
        continuation?.resume(returning: nil)
    }

    func release(_ id: Job.ID) -> String? { state.withLock { $0.hands.release(id) } }
    func isInHand(_ id: Job.ID) -> Bool { state.withLock { $0.hands.inHand.contains(id) } }
    func entries(of ids: Set<Job.ID>) -> [String] { state.withLock { $0.hands.entries(of: ids) } }

    // MARK: The loop

    /// Suspends until somebody waits or the lane is closed.
    /// - Returns: how many wait.
    func waiterCount() async -> Int {
        await withCheckedContinuation { continuation in
            let isNeeded = state.withLock { state in
                if state.hands.waiterCount > 0 || state.hands.isClosed { return true }
                state.idleLoop = continuation
                return false
            }
            if isNeeded { continuation.resume() }
        }
        return state.withLock { $0.hands.waiterCount }
    }

    /// - Returns: what nobody waits for any more.
    func hand(_ deliveries: [LaneHands.Delivery]) -> [LaneHands.Delivery] {
        let (woken, left) = state.withLock { state in
            let (handed, left) = state.hands.hand(deliveries)
            return (handed.map { (state.continuations.removeValue(forKey: $0.0), $0.1) }, left)
        }
        for (continuation, id) in woken { continuation?.resume(returning: id) }
        return left
    }
}
