import Foundation

/// The law of a job's states, the same for every store.
///
///     queued ──start──▶ running ──finish──▶ succeeded | failed | cancelled
///       ▲  └──cancel──▶ cancelled    │
///       └────────interrupted─────────┘
///
/// A running job is orphaned when the process that started it is gone; the next one may start it again.
extension Job {
    /// What a cancelled job says.
    package static let cancellationReason = "The job was cancelled."

    /// Takes a queued job, or an orphaned one, into work.
    /// - Returns: `false` if there is nothing to run: it ended, or runs elsewhere, or was cancelled while orphaned
    ///   (it is ended now).
    package mutating func start(isOrphaned: Bool, at now: Date) -> Bool {
        switch state {
        case .queued: break
        case .running where isOrphaned && isCancellationRequested:
            end(.cancelled, at: now)
            return false
        case .running where isOrphaned: break
        case .running, .succeeded, .failed, .cancelled: return false
        }
        state = .running
        progress = JobProgress()
        attempts += 1
        startedAt = now
        return true
    }

    /// Ends a running job, or puts it back. One that has ended is left as it is.
    /// - Throws: `JobError` with `job-invalid-transition` if it has not been started.
    package mutating func finish(_ outcome: JobOutcome, at now: Date) throws {
        guard !state.isFinal else { return }
        guard state == .running else {
            throw JobError(.invalidTransition, "Job \(id) is \(state.rawValue): expected a running job.")
        }
        switch outcome {
        case .succeeded(let result):
            self.result = result
            end(.succeeded, at: now)
        case .failed(let code, let reason):
            reasonCode = code
            end(.failed, reason: reason, at: now)
        case .cancelled: end(.cancelled, at: now)
        case .interrupted where isCancellationRequested: end(.cancelled, at: now)
        case .interrupted:
            state = .queued
            startedAt = nil
        }
    }

    /// Cancels a queued job at once; a running one is asked to stop.
    /// - Throws: `JobError` with `job-already-ended`.
    package mutating func requestCancellation(at now: Date) throws {
        guard !state.isFinal else {
            throw JobError(.alreadyEnded, "Job \(id) has ended already: it \(state.sentence).")
        }
        isCancellationRequested = true
        if state == .queued { end(.cancelled, at: now) }
    }

    private mutating func end(_ state: State, reason: String? = nil, at now: Date) {
        self.state = state
        self.reason = state == .cancelled ? Self.cancellationReason : reason
        endedAt = now
    }
}

extension Job.State {
    fileprivate var sentence: String {
        switch self {
        case .queued: "waits"
        case .running: "runs"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "was cancelled"
        }
    }
}
