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
