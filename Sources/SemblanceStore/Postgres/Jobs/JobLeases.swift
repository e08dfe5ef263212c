import SemblanceCore
import Synchronization

/// The jobs that this process started, and with which attempt: its right to write about them.
///
/// A process that stood still may find that another has taken its job over, or that it has started the job anew itself:
/// the attempt's number tells one start from the other.
final class JobLeases: Sendable {
    private struct State {
        /// Renewed, and never started again by this process.
        var running: [Job.ID: Int] = [:]
        /// Their outcome could not be written so far: no longer renewed, so that somebody may take them over.
        var ending: [Job.ID: Int] = [:]
    }

    private let state = Mutex(State())

    func begin(_ id: Job.ID, attempt: Int) {
        state.withLock { state in
            state.ending[id] = nil
            state.running[id] = attempt
        }
    }

    /// The attempt with which this process started the job; `nil` if it did not, or has ended it.
    func attempt(of id: Job.ID) -> Int? {
        state.withLock { $0.running[id] ?? $0.ending[id] }
    }

    func isRunning(_ id: Job.ID) -> Bool {
        state.withLock { $0.running[id] != nil }
    }

    var running: [Job.ID] { state.withLock { Array($0.running.keys) } }

    /// The outcome is about to be written.
    func end(_ id: Job.ID) {
        state.withLock { state in
            if let attempt = state.running.removeValue(forKey: id) { state.ending[id] = attempt }
        }
    }

    func forget(_ id: Job.ID) {
        state.withLock { state in
            state.running[id] = nil
            state.ending[id] = nil
        }
    }
}
