import SemblanceCore

/// The logic of one lane in one process: who waits, which jobs are in hand under which entry, and what is due. A value:
/// it does nothing by itself.
package struct LaneHands: Sendable {
    package typealias Waiter = UInt64
    package typealias Instant = ContinuousClock.Instant

    /// An entry that the server handed to this process.
    package struct Delivery: Hashable, Sendable {
        package let job: Job.ID
        package let entry: String
        /// How often the job could not be run before.
        package let tries: Int

        package init(job: Job.ID, entry: String, tries: Int = 0) {
            self.job = job
            self.entry = entry
            self.tries = tries
        }
    }

    private var waiters: [Waiter] = []
    private var entries: [Job.ID: String] = [:]
    package private(set) var isClosed = false

    package init() {}

    /// Jobs that may be fetched now.
    package var waiterCount: Int { waiters.count }
    package var inHand: Set<Job.ID> { Set(entries.keys) }

    /// - Returns: `false` if the lane is closed.
    package mutating func wait(_ waiter: Waiter) -> Bool {
        guard !isClosed else { return false }
        waiters.append(waiter)
        return true
    }

    package mutating func leave(_ waiter: Waiter) {
        waiters.removeAll { $0 == waiter }
    }

    /// Hands what came to those who have waited longest.
    /// - Returns: who gets what, and what nobody waits for any more: it goes back.
    package mutating func hand(_ deliveries: [Delivery]) -> (handed: [(Waiter, Job.ID)], left: [Delivery]) {
        var handed: [(Waiter, Job.ID)] = []
        var left: [Delivery] = []
        for delivery in deliveries where entries[delivery.job] != delivery.entry {
            // In hand under another entry: the queue's memory was lost meanwhile, and this worker goes on.
            guard entries[delivery.job] == nil, !waiters.isEmpty else {
                left.append(delivery)
                continue
            }
            entries[delivery.job] = delivery.entry
            handed.append((waiters.removeFirst(), delivery.job))
        }
        return (handed, left)
    }

    /// A job leaves this process's hands.
    /// - Returns: its entry, if it was in hand.
    package mutating func release(_ id: Job.ID) -> String? {
        entries.removeValue(forKey: id)
    }

    package func entries(of ids: Set<Job.ID>) -> [String] {
        ids.compactMap { entries[$0] }
    }

    /// - Returns: the waiters to send home.
    package mutating func close() -> [Waiter] {
        isClosed = true
        defer { waiters = [] }
        return waiters
    }
}

/// When a lane does what it does now and then.
package struct LaneSchedule: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// Dead workers' jobs are looked for so often within a lease.
    private static let takeOversPerLease = 4
    /// A delayed job comes back this late at most, while others keep the lane busy.
    private static let upkeepInterval: Duration = .milliseconds(250)

    private let lease: Duration
    private let longestBlock: Duration
    private let reconciliation: Duration
    private var nextUpkeep: Instant?
    private var nextTakeOver: Instant?
    private var nextReconciliation: Instant?

    package init(lease: Duration, longestBlock: Duration, reconciliation: Duration) {
        self.lease = lease
        self.longestBlock = longestBlock
        self.reconciliation = reconciliation
    }

    package func isUpkeepDue(at now: Instant) -> Bool { nextUpkeep.map { now >= $0 } ?? true }
    package func isTakeOverDue(at now: Instant) -> Bool { nextTakeOver.map { now >= $0 } ?? true }
    package func isReconciliationDue(at now: Instant) -> Bool { nextReconciliation.map { now >= $0 } ?? true }

    /// - Parameter nextDelayed: until the next delayed job comes back, if there is one.
    package mutating func didUpkeep(at now: Instant, nextDelayed: Duration?) {
        nextUpkeep = now + min(nextDelayed ?? Self.upkeepInterval, Self.upkeepInterval)
        blockEnd = nextDelayed.map { now + $0 }
    }

    package mutating func didTakeOver(at now: Instant) {
        nextTakeOver = now + lease / Self.takeOversPerLease
    }

    package mutating func didReconcile(at now: Instant) {
        nextReconciliation = now + reconciliation
    }

    /// The server is new, or has lost its memory, or the connection was lost: everything is due.
    package mutating func restart() {
        (nextUpkeep, nextTakeOver, nextReconciliation, blockEnd) = (nil, nil, nil, nil)
    }

    private var blockEnd: Instant?

    /// How long a read may wait for a job: until something else is due, and never for less than a millisecond, which
    /// would be without an end.
    package func block(at now: Instant) -> Duration {
        let ends = [blockEnd, nextTakeOver, nextReconciliation].compactMap { $0 }.map { $0 - now }
        return max(.milliseconds(1), ends.reduce(longestBlock, min))
    }
}
