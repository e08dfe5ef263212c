import SemblanceCore
import Synchronization

/// The jobs that this process runs now, and a way to stop each of them.
final class RunningJobs: Sendable {
    /// Why a job was stopped by its own process.
    enum Stop: Hashable, Sendable {
        /// Another process has taken it over, or somebody ended it.
        case lost
        case tookTooLong
    }

    private struct Entry {
        let lane: Job.Lane
        let cancel: @Sendable () -> Void
        var stop: Stop?
    }

    private let state = Mutex<[Job.ID: Entry]>([:])

    func add(_ id: Job.ID, lane: Job.Lane, cancel: @escaping @Sendable () -> Void) {
        state.withLock { $0[id] = Entry(lane: lane, cancel: cancel) }
    }

    /// - Returns: why it was stopped, if it was.
    func remove(_ id: Job.ID) -> Stop? {
        state.withLock { $0.removeValue(forKey: id)?.stop }
    }

    /// The first reason counts.
    func stop(_ id: Job.ID, because reason: Stop) {
        let cancel = state.withLock { jobs -> (@Sendable () -> Void)? in
            guard jobs[id]?.stop == nil else { return nil }
            jobs[id]?.stop = reason
            return jobs[id]?.cancel
        }
        cancel?()
    }

    var countByLane: [Job.Lane: Int] {
        state.withLock { jobs in Dictionary(jobs.values.map { ($0.lane, 1) }, uniquingKeysWith: +) }
    }
}
