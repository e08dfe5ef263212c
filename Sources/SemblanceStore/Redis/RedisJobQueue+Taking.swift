import Logging
import SemblanceCore

extension RedisJobQueue {
    /// Fetches jobs for those who wait, until the lane is closed. A server that is gone is asked again and again.
    func loop(_ lane: RedisLane) async {
        let pauses = RetryPolicy(firstPause: .milliseconds(100), longestPause: .seconds(5))
        var failures = 0
        while !lane.isClosed {
            let count = await lane.waiterCount()
            guard count > 0 else { continue }
            do {
                let round = try await lane.reader.round(wanting: count)
                if failures > 0 { logger.notice("the job queue is there again", metadata: ["lane": "\(lane.lane)"]) }
                failures = 0
                try await take(round, in: lane)
            } catch {
                guard !lane.isClosed else { return }
                failures += 1
                if failures == 1 { report(error, in: lane) }
                let pause = pauses.pause(afterTries: failures, jitter: Double.random(in: 0...1))
                try? await Task.sleep(for: pause)
            }
        }
    }

    private static let pauseOfTwins: Duration = .seconds(5)

    private func report(_ error: any Error, in lane: RedisLane) {
        let failure = JobError(redis: error)
        let cause = failure.underlying.map { "\($0)" } ?? ""
        logger.error("\(failure.message)", metadata: ["lane": "\(lane.lane)", "error": "\(cause)"])
    }

    private func take(_ round: RedisLaneReader.Round, in lane: RedisLane) async throws {
        if round.wantsReconciliation {
            try await reconcile()
            lane.reader.didReconcile()
        }
        var deliveries = round.deliveries
        // What goes wrong with one must not cost the others their turn: they would wait for a lease, and count a try.
        var failure: (any Error)?
        for delivery in round.takenOver {
            do {
                if try await mayBeRunAgain(delivery, in: lane.lane) { deliveries.append(delivery) }
            } catch { failure = error }
        }
        for delivery in lane.hand(deliveries) {
            // Nobody waits any more; or it is being run here, under an entry that the server has forgotten.
            let pause = lane.isInHand(delivery.job) ? Self.pauseOfTwins : .zero
            do { try await putBack(delivery.job, entry: delivery.entry, lane: lane.lane, after: pause) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Whether a job whose worker died is to be run again. One that has brought down several is given up.
    private func mayBeRunAgain(_ delivery: LaneHands.Delivery, in lane: Job.Lane) async throws -> Bool {
        logger.notice(
            "a job is taken over from a worker that gives no sign of life",
            metadata: ["job": "\(delivery.job)", "lane": "\(lane)", "tries": "\(delivery.tries)"])
        guard case .givenUp(let tries) = configuration.retries.decide(afterTries: max(1, delivery.tries), jitter: 0)
        else { return true }
        let reason = "Its worker ended \(tries) times without finishing it."
        // The store first: a letter about a job that waits there would be wrong.
        if try await jobs.start(delivery.job) != nil {
            try await jobs.finish(delivery.job, .failed(code: JobError.Code.givenUp.rawValue, reason: reason))
        } else if try await !jobs.job(delivery.job).state.isFinal {
            // It runs somewhere, after all.
            try await putBack(delivery.job, entry: delivery.entry, lane: lane, after: configuration.lease)
            return false
        }
        try await bury(delivery.job, entry: delivery.entry, lane: lane, reason: reason, tries: tries)
        return false
    }
}
