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
    /// When the next delayed job comes back.
    private var blockEnd: Instant?

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

    /// A job was delayed since, and it is not known until when.
    package mutating func expectDelayed() {
        nextUpkeep = nil
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

    /// How long a read may wait for a job: until something else is due, and never for less than a millisecond, which
    /// would be without an end.
    package func block(at now: Instant) -> Duration {
        let ends = [blockEnd, nextTakeOver, nextReconciliation].compactMap { $0 }.map { $0 - now }
        return max(.milliseconds(1), ends.reduce(longestBlock, min))
    }
}
