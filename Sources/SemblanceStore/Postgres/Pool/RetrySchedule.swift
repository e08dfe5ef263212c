/// When work that failed is done again: a value that counts attempts, for whoever does the work.
///
/// Waits grow by doubling, and each is a random part of its limit, so that those who were in each other's way do not
/// meet again at the same moment.
package struct RetrySchedule: Sendable {
    /// Attempts after transactions were in each other's way.
    private static let maximumConflictCount = 10
    private static let shortestWait = Duration.milliseconds(20)
    private static let longestWait = Duration.seconds(1)

    private let deadline: ContinuousClock.Instant
    package private(set) var attempts = 0

    package init(until deadline: ContinuousClock.Instant) {
        self.deadline = deadline
    }

    /// How long to wait before the next attempt; `nil` to give up.
    /// - Parameter share: 0…1, at random.
    package mutating func wait(
        after failure: PostgresFailure, at now: ContinuousClock.Instant = .now,
        share: Double = Double.random(in: 0...1)
    ) -> Duration? {
        guard failure.isTransient, !failure.isConflict || attempts < Self.maximumConflictCount else { return nil }
        let limit = min(Self.shortestWait * (1 << min(attempts, 10)), Self.longestWait)
        let wait = limit * (0.5 + share / 2)
        guard now + wait < deadline else { return nil }
        attempts += 1
        return wait
    }
}
