import Logging
import SemblanceCore
import Synchronization

/// Outcomes that the job store would not take, such as while the disk was full.
final class LateOutcomes: Sendable {
    private let outcomes = Mutex<[Job.ID: JobOutcome]>([:])

    var all: [Job.ID: JobOutcome] { outcomes.withLock { $0 } }
    func add(_ id: Job.ID, _ outcome: JobOutcome) { outcomes.withLock { $0[id] = outcome } }
    func remove(_ id: Job.ID) { outcomes.withLock { $0[id] = nil } }
}

extension Engine {
    /// Writes late outcomes as soon as the store takes them, until the task is cancelled. A job of this process that
    /// nobody ended would count as running until the next start, and keep its uploads.
    func writeLateOutcomes() async {
        while (try? await Task.sleep(for: configuration.heartbeatInterval)) != nil {
            for (id, outcome) in lateOutcomes.all { await write(outcome, of: id) }
        }
    }

    private func write(_ outcome: JobOutcome, of id: Job.ID) async {
        do {
            try await dependencies.jobs.finish(id, outcome)
            logger.notice("a job's outcome is written at last", metadata: ["job": "\(id)"])
            await announceEnd(of: id)
            let job = try await dependencies.jobs.job(id)
            // One that was given up may be tried again.
            if job.state.isFinal, job.reasonCode != JobError.Code.givenUp.rawValue { await removeSpool(of: job.work) }
            lateOutcomes.remove(id)
        } catch is JobError {
            // Another process has it, or it has been forgotten.
            lateOutcomes.remove(id)
        } catch {
            // The next time.
        }
    }
}
