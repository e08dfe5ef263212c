import SemblanceCore

/// Decides when a server that could not be reached is asked again: after pauses that double, with jitter, and by one
/// caller, while all others are refused at once instead of waiting for a time-out each.
///
/// A value: it knows no clock and no connection.
package struct ConnectionGate: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private let policy: RetryPolicy
    private var failures = 0
    private var closedUntil: Instant?

    /// The server of a queue is back soon, or somebody is at work on it.
    package init(policy: RetryPolicy = RetryPolicy(firstPause: .milliseconds(100), longestPause: .seconds(5))) {
        self.policy = policy
    }

    /// Whether somebody may try now. If the last try failed, only one may, after the pause.
    package mutating func admits(at now: Instant, jitter: Double) -> Bool {
        guard let end = closedUntil else { return true }
        guard now >= end else { return false }
        closedUntil = now + policy.pause(afterTries: failures, jitter: jitter)
        return true
    }

    package mutating func succeeded() {
        (failures, closedUntil) = (0, nil)
    }

    package mutating func failed(at now: Instant, jitter: Double) {
        failures += 1
        closedUntil = now + policy.pause(afterTries: failures, jitter: jitter)
    }
}
