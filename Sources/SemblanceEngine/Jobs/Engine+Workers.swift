import Foundation
import Logging
import SemblanceCore

extension Engine {
    /// Runs jobs until the task is cancelled, which puts back what is running then, for the next process to go on with;
    /// or until the drain has begun and what is running has ended, at the latest after `drainLimit`, when it is put
    /// back as well.
    ///
    /// - Parameters:
    ///   - lanes: where jobs are taken from.
    ///   - concurrency: jobs of a lane that run at the same time; `nil`: as many searches as the configuration says, and
    ///     one job of each other lane, which has all of the machine's cores to itself.
    ///   - drain: to end gracefully.
    public func runWorkers(
        lanes: Set<Job.Lane> = Set(Job.Lane.allCases), concurrency: Int? = nil, drain: WorkerDrain = WorkerDrain()
    ) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.runTakers(lanes: lanes, concurrency: concurrency, drain: drain)
            }
            group.addTask {
                await drain.wait()
                try? await Task.sleep(for: self.configuration.drainLimit)
            }
            group.addTask { await self.expireJobs() }
            group.addTask { await self.writeLateOutcomes() }
            // The first to end: all takers, or the limit.
            await group.next()
            group.cancelAll()
        }
    }

    private func runTakers(lanes: Set<Job.Lane>, concurrency: Int?, drain: WorkerDrain) async {
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes {
                let count = concurrency ?? (lane == .search ? configuration.searchWorkerCount : 1)
                for _ in 0..<count {
                    group.addTask { await self.work(in: lane, drain: drain) }
                }
            }
        }
    }

    private func work(in lane: Job.Lane, drain: WorkerDrain) async {
        var failures = 0
        while !Task.isCancelled, !drain.hasBegun {
            do {
                guard let id = try await take(from: lane, drain: drain) else { return }
                try await runTaken(id, in: lane)
                failures = 0
            } catch {
                failures += 1
                await pause(after: error, failures: failures, in: lane)
            }
        }
    }

    /// The next job; `nil` when the drain has begun.
    private func take(from lane: Job.Lane, drain: WorkerDrain) async throws -> Job.ID? {
        let queue = dependencies.queue
        return try await withThrowingTaskGroup(of: Job.ID?.self) { group in
            group.addTask { try await queue.next(in: lane) }
            group.addTask {
                await drain.wait()
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            // A job that was handed over as the drain began is in this worker's hands.
            let second = try await group.next() ?? nil
            return first ?? second
        }
    }

    /// Runs a job of the queue and tells the queue what became of it.
    private func runTaken(_ id: Job.ID, in lane: Job.Lane) async throws {
        let ending: JobEnding
        do {
            ending = try await execute(id)
        } catch let error as JobError where error.code == .unknownJob {
            // Forgotten since it was queued.
            return try await dependencies.queue.acknowledge(id, lane: lane)
        } catch {
            // Not the job's fault, and no try: the store cannot be asked or told. Nothing is known to have ended.
            try? await dependencies.queue.putBack(id, lane: lane, after: Self.storePause)
            throw error
        }
        // Not cancelled with this task: whoever is to go on with the job must learn of it.
        try await Task { try await self.settle(id, ending, in: lane) }.value
    }

    /// Until a job whose store failed is handed out again.
    private static let storePause: Duration = .seconds(5)
    /// Until a job that another process still runs is looked at again.
    private static let elsewherePause: Duration = .seconds(5)

    private func settle(_ id: Job.ID, _ ending: JobEnding, in lane: Job.Lane) async throws {
        let queue = dependencies.queue
        switch ending {
        case .ended: try await queue.acknowledge(id, lane: lane)
        case .notStarted(let job) where job.state.isFinal:
            try await queue.acknowledge(id, lane: lane)
            // Cancelled while it waited: its uploads are of no use any more. One that was given up may be tried again.
            if job.reasonCode != JobError.Code.givenUp.rawValue { await removeSpool(of: job.work) }
        // Its worker may be dead, and its lease not over yet; or it was taken over from this one.
        case .notStarted, .lost: try await queue.putBack(id, lane: lane, after: Self.elsewherePause)
        case .putBack: try await queue.putBack(id, lane: lane, after: .zero)
        case .failedForNow(let reason):
            let decision = try await queue.retry(id, lane: lane, reason: reason)
            logger.warning(
                "a job could not be run", metadata: ["job": "\(id)", "reason": "\(reason)", "next": "\(decision)"])
            if case .givenUp(let tries) = decision { try await giveUp(id, tries: tries, reason: reason) }
        }
    }

    /// Marks a job that waits as failed. Its uploads stay if it can be tried again: a queue without dead letters keeps
    /// nothing for that.
    private func giveUp(_ id: Job.ID, tries: Int, reason: String) async throws {
        guard let job = try await dependencies.jobs.start(id) else { return }
        try await end(
            id,
            .failed(
                code: JobError.Code.givenUp.rawValue,
                reason: "The job was given up after \(tries) tries. The last one failed: \(reason)"))
        let letters = try await dependencies.queue.deadLetters(limit: Self.maximumDeadLetterCount)
        if !letters.contains(where: { $0.job == id }) { await removeSpool(of: job.work) }
    }

    private func pause(after error: any Error, failures: Int, in lane: Job.Lane) async {
        guard !Task.isCancelled else { return }
        logger.error("a worker failed", metadata: ["lane": "\(lane)", "error": "\(error)"])
        let policy = RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(30))
        try? await Task.sleep(for: policy.pause(afterTries: failures, jitter: Double.random(in: 0...1)))
    }

    /// Deletes ended jobs now and then, until the task is cancelled.
    private func expireJobs() async {
        while !Task.isCancelled {
            _ = try? await dependencies.jobs.deleteJobs(endedBefore: configuration.jobRetention)
            try? await Task.sleep(for: .seconds(3600))
        }
    }
}
