import Logging
import SemblanceCore

/// What became of a job that was to be run.
enum JobEnding: Hashable, Sendable {
    /// Its outcome is written.
    case ended
    /// It was not this process's to run; as it is now.
    case notStarted(Job)
    /// It waits in the store again: this process is stopping.
    case putBack
    /// Another process has it now.
    case lost
    /// It waits in the store again: what it needed was not there.
    case failedForNow(reason: String)
}

extension Engine {
    /// A job that was started this often without coming to an end brings the process down: it is given up.
    static let maximumAttemptCount = 100

    /// Runs one job to its end in this task, for a command that waits for it.
    public func run(_ id: Job.ID) async throws {
        switch try await execute(id, failsAtOnce: true) {
        case .notStarted(let job) where job.state.isFinal:
            // Cancelled while it waited: its uploads are of no use any more.
            await removeSpool(of: job.work)
        case .notStarted, .ended, .putBack, .lost, .failedForNow: break
        }
    }

    /// Marks a job as running, does its work, renews its leases meanwhile, and writes its outcome.
    ///
    /// - Parameter failsAtOnce: what may succeed a moment later counts as failed, too.
    /// - Throws: what the job store throws. Then the job may count as running until its lease is over.
    func execute(_ id: Job.ID, failsAtOnce: Bool = false) async throws -> JobEnding {
        guard let job = try await dependencies.jobs.start(id) else {
            return .notStarted(try await dependencies.jobs.job(id))
        }
        faults.reach(.started)
        announce(job)
        let start = ContinuousClock.now
        let (outcome, stop) = await work(on: job, failsAtOnce: failsAtOnce)
        faults.reach(.done)
        // Not cancelled with this task: the outcome must be written whatever happens.
        let ending = try await Task { try await self.conclude(job, outcome, stop) }.value
        faults.reach(.ended)
        measurements.record(job.work.lane, outcome: Self.label(of: ending, outcome), took: .now - start)
        return ending
    }

    private func work(on job: Job, failsAtOnce: Bool) async -> (WorkOutcome, RunningJobs.Stop?) {
        let task = Task { await self.outcome(of: job, failsAtOnce: failsAtOnce) }
        let limit = configuration.jobTimeLimits[job.work.lane]
        running.add(job.id, lane: job.work.lane) { task.cancel() }
        let keeper = Task { await self.keepLease(of: job) }
        let limiter = limit.map { limit in
            Task { await self.enforce(limit, on: job) }
        }
        let outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        keeper.cancel()
        limiter?.cancel()
        return (outcome, running.remove(job.id))
    }

    /// Tells the store and the queue that the job is being worked on, until the task is cancelled.
    private func keepLease(of job: Job) async {
        while true {
            guard (try? await Task.sleep(for: configuration.heartbeatInterval)) != nil else { return }
            do {
                let lost = try await dependencies.jobs.renewLeases(of: [job.id])
                if lost.contains(job.id) { return running.stop(job.id, because: .lost) }
                try await dependencies.queue.renew([job.id], lane: job.work.lane)
            } catch {
                guard !Task.isCancelled else { return }
                // The next beat may come through; if none does, the job is another's and this one learns of it.
                logger.warning("a lease cannot be renewed", metadata: ["job": "\(job.id)", "error": "\(error)"])
            }
        }
    }

    /// Stops a job that runs for too long. One that does not stop, because something it called does not come back,
    /// counts as failed all the same; its worker is lost until that ends.
    private func enforce(_ limit: Duration, on job: Job) async {
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        running.stop(job.id, because: .tookTooLong)
        guard (try? await Task.sleep(for: Self.stoppingLimit)) != nil else { return }
        logger.error("a job does not stop", metadata: ["job": "\(job.id)", "lane": "\(job.work.lane)"])
        try? await end(job.id, .tookTooLong(limit))
    }

    /// How long a job that is stopped may take until it is.
    private static let stoppingLimit: Duration = .seconds(10)

    /// What a job's work came to.
    enum WorkOutcome: Hashable, Sendable {
        case outcome(JobOutcome)
        case failedForNow(reason: String)
        case lost
    }

    private func conclude(_ job: Job, _ outcome: WorkOutcome, _ stop: RunningJobs.Stop?) async throws -> JobEnding {
        do {
            switch (stop, outcome) {
            case (.lost, _), (_, .lost): return .lost
            // It may have come to its end just before.
            case (.tookTooLong, .outcome(.interrupted)), (.tookTooLong, .failedForNow):
                try await end(job.id, .tookTooLong(configuration.jobTimeLimits[job.work.lane] ?? .zero))
            case (_, .outcome(.interrupted)):
                try await end(job.id, .interrupted)
                return .putBack
            case (_, .failedForNow(let reason)):
                try await end(job.id, .interrupted)
                return .failedForNow(reason: reason)
            case (_, .outcome(let outcome)): try await end(job.id, outcome)
            }
        } catch let error as JobError where error.code == .leaseLost {
            return .lost
        }
        await removeSpool(of: job.work)
        return .ended
    }

    /// Writes an outcome, trying again for some seconds: a full disk may get room. What cannot be written then is left to
    /// `writeLateOutcomes`.
    func end(_ id: Job.ID, _ outcome: JobOutcome) async throws {
        for attempt in 1... {
            do {
                try await dependencies.jobs.finish(id, outcome)
                break
            } catch let error as JobError {
                throw error
            } catch {
                logger.error("a job's outcome cannot be written", metadata: ["job": "\(id)", "error": "\(error)"])
                guard attempt <= 5 else {
                    lateOutcomes.add(id, outcome)
                    throw error
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
        await announceEnd(of: id)
    }

    private func outcome(of job: Job, failsAtOnce: Bool) async -> WorkOutcome {
        guard job.attempts <= Self.maximumAttemptCount else {
            return .outcome(
                .failed(
                    code: JobError.Code.givenUp.rawValue,
                    reason: "The job was started \(job.attempts) times and never ended."))
        }
        do {
            switch job.work {
            case .ingest(let work): return .outcome(.succeeded(result: try await ingest(work, as: job.id)))
            case .search(let work): return .outcome(.succeeded(result: try await search(work)))
            case .reembed(let work): return .outcome(.succeeded(result: try await reembed(work, as: job.id)))
            }
        } catch let error as JobError where error.code == .cancelled {
            return .outcome(.cancelled)
        } catch let error as JobError where error.code == .leaseLost {
            return .lost
        } catch {
            if Task.isCancelled { return .outcome(.interrupted) }
            let failure = FileFailure(path: "", error: error)
            if !failsAtOnce, error.isTransient || job.work.holdsUploads && error.isForLackOfSpace {
                return .failedForNow(reason: failure.message)
            }
            if failure.code == "internal" {
                logger.error("a job failed", metadata: ["job": "\(job.id)", "error": "\(error)"])
            }
            return .outcome(.failed(code: failure.code, reason: failure.message))
        }
    }

    private static func label(of ending: JobEnding, _ outcome: WorkOutcome) -> String {
        switch (ending, outcome) {
        case (.lost, _): "lost"
        case (.putBack, _): "interrupted"
        case (.failedForNow, _): "retried"
        case (.ended, .outcome(.succeeded)): "succeeded"
        case (.ended, .outcome(.cancelled)): "cancelled"
        case (.ended, _), (.notStarted, _): "failed"
        }
    }
}

extension JobOutcome {
    fileprivate static func tookTooLong(_ limit: Duration) -> JobOutcome {
        .failed(
            code: JobError.Code.tookTooLong.rawValue,
            reason: "The job ran longer than the \(limit.components.seconds) seconds that it may take, and was stopped."
        )
    }
}

extension JobWork {
    /// Whether its images lie in the spool and nowhere else: they are not lost because the disk is full for a while.
    fileprivate var holdsUploads: Bool {
        if case .ingest(let work) = self, case .spool = work.source { true } else { false }
    }
}

extension Error {
    fileprivate var isForLackOfSpace: Bool {
        guard let error = self as? StoreError else { return false }
        return error.code == .diskFull || error.code == .notWritable
    }
}
