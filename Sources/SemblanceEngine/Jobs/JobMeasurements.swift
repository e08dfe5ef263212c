import SemblanceCore
import Synchronization

/// What this process's workers count.
package final class JobMeasurements: Sendable {
    /// Upper bounds in seconds: searches take milliseconds, catalogues hours.
    package static let bounds: [Double] = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14_400]

    package struct Key: Hashable, Comparable, Sendable {
        package let lane: Job.Lane
        /// `succeeded`, `failed`, `cancelled`, `interrupted`, `retried` or `lost`.
        package let outcome: String

        package static func < (left: Key, right: Key) -> Bool {
            (left.lane.rawValue, left.outcome) < (right.lane.rawValue, right.outcome)
        }
    }

    private let state = Mutex<[Key: Histogram]>([:])

    /// By lane and outcome: how many runs took how long.
    package var durations: [Key: Histogram] { state.withLock { $0 } }

    func record(_ lane: Job.Lane, outcome: String, took: Duration) {
        state.withLock {
            $0[Key(lane: lane, outcome: outcome), default: Histogram(bounds: Self.bounds)].record(took)
        }
    }
}
