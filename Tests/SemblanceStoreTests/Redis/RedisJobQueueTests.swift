import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite(.enabled(if: TestQueue.isWanted, TestQueue.reason), .serialized, .timeLimit(.minutes(5)))
struct RedisJobQueueTests {
    let fixture: RedisQueueFixture

    init() throws {
        fixture = try RedisQueueFixture()
    }

    @Test(arguments: JobQueueContract.checks)
    func keepsThePromise(_ check: ContractCheck<JobQueueContract>) async throws {
        let queue = try fixture.queue()
        try await check.run(JobQueueContract(queue: queue, capacity: 8))
        await queue.close()
    }

    @Test func theServerCanBeWorkedWith() async throws {
        let queue = try fixture.queue()
        try await queue.check()
        await queue.close()
    }

    // MARK: Several processes

    @Test func whatOneProcessEnqueuesAnotherGets() async throws {
        let (sender, worker) = (try fixture.queue(), try fixture.queue())
        async let next = worker.next(in: .search)
        try await eventually { try await sender.statistics(of: .search).workers == 1 }
        let id = try await fixture.insert()
        try await sender.enqueue(id, lane: .search)
        #expect(try await next == id)
        await worker.close()
        await sender.close()
    }

    @Test func everyJobGoesToOneOfManyWorkers() async throws {
        let workers = try (0..<4).map { _ in try fixture.queue { $0.capacity = 300 } }
        let ids = (0..<200).map { _ in Job.ID.random() }
        let taken = try await withThrowingTaskGroup(of: [Job.ID].self) { group in
            for worker in workers {
                for _ in 0..<2 {
                    group.addTask {
                        var taken: [Job.ID] = []
                        while let id = try await worker.next(in: .ingest) {
                            taken.append(id)
                            try await worker.acknowledge(id, lane: .ingest)
                        }
                        return taken
                    }
                }
            }
            for id in ids { try await workers[0].enqueue(id, lane: .ingest) }
            try await eventually {
                let left = try await workers[0].statistics(of: .ingest)
                return left.depth + left.inHand == 0
            }
            for worker in workers { await worker.close() }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken.count == ids.count)
        #expect(Set(taken) == Set(ids))
    }

    @Test func aDeadWorkersJobGoesToAnotherWhenItsLeaseIsOver() async throws {
        let (dead, alive) = (try fixture.queue(), try fixture.queue { $0.lease = .milliseconds(200) })
        let id = try await fixture.insert()
        try await dead.enqueue(id, lane: .ingest)
        #expect(try await dead.next(in: .ingest) == id)
        let start = ContinuousClock.now
        #expect(try await alive.next(in: .ingest) == id)
        #expect(ContinuousClock.now - start >= .milliseconds(150))
        #expect(try await alive.statistics(of: .ingest).takeovers == 1)
        // The dead one was only slow: what it says comes too late and changes nothing.
        try await dead.acknowledge(id, lane: .ingest)
        #expect(try await alive.statistics(of: .ingest).inHand == 1)
        try await alive.acknowledge(id, lane: .ingest)
        #expect(try await alive.statistics(of: .ingest).inHand == 0)
        await dead.close()
        await alive.close()
    }

    @Test func aRenewedJobStaysWithItsWorker() async throws {
        let lease = Duration.seconds(2)
        let (worker, other) = (try fixture.queue(), try fixture.queue { $0.lease = lease })
        let id = try await fixture.insert()
        try await worker.enqueue(id, lane: .ingest)
        #expect(try await worker.next(in: .ingest) == id)
        let taken = Task { try await other.next(in: .ingest) }
        let end = ContinuousClock.now + lease * 2
        while ContinuousClock.now < end {
            try await worker.renew([id], lane: .ingest)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await other.statistics(of: .ingest).takeovers == 0)
        // Left alone, it goes.
        #expect(try await taken.value == id)
        await worker.close()
        await other.close()
    }

    @Test func renewingDoesNotTakeAJobBack() async throws {
        let (slow, other) = (try fixture.queue(), try fixture.queue { $0.lease = .milliseconds(100) })
        let id = try await fixture.insert()
        try await slow.enqueue(id, lane: .ingest)
        #expect(try await slow.next(in: .ingest) == id)
        #expect(try await other.next(in: .ingest) == id)
        try await slow.renew([id], lane: .ingest)
        try await slow.putBack(id, lane: .ingest, after: .zero)
        #expect(try await other.statistics(of: .ingest).depth == 0)
        #expect(try await other.statistics(of: .ingest).inHand == 1)
        await slow.close()
        await other.close()
    }

    // MARK: Retries

    @Test func aJobThatCouldNotBeRunComesBackAfterAPauseAndIsGivenUpInTheEnd() async throws {
        let policy = RetryPolicy(maximumTryCount: 3, firstPause: .milliseconds(100), longestPause: .seconds(1))
        let queue = try fixture.queue { $0.retries = policy }
        let id = try await fixture.insert()
        try await queue.enqueue(id, lane: .search)
        for _ in 1...2 {
            #expect(try await queue.next(in: .search) == id)
            let decision = try await queue.retry(id, lane: .search, reason: "The database is away.")
            guard case .later(let pause) = decision else {
                Issue.record("expected a further try, not \(decision)")
                return
            }
            #expect(pause >= .milliseconds(50))
            #expect(try await queue.statistics(of: .search).delayed == 1)
            // It is known while it is delayed.
            try await queue.enqueue(id, lane: .search)
            #expect(try await queue.statistics(of: .search).depth == 1)
        }
        #expect(try await queue.next(in: .search) == id)
        #expect(try await queue.retry(id, lane: .search, reason: "Away again.") == .givenUp(tries: 3))
        let numbers = try await queue.statistics(of: .search)
        #expect(numbers.depth == 0 && numbers.inHand == 0 && numbers.retries == 3 && numbers.deadLetters == 1)
        let letter = try #require(try await queue.deadLetters(limit: 10).first)
        #expect(letter.job == id && letter.lane == .search && letter.reason == "Away again." && letter.tries == 3)
        #expect(letter.milliseconds > 1_700_000_000_000)
        #expect(try await queue.removeDeadLetter(of: id))
        #expect(try await queue.removeDeadLetter(of: id) == false)
        #expect(try await queue.deadLetters(limit: 10).isEmpty)
        await queue.close()
    }

    @Test func aDelayedJobWakesAWorkerThatWaits() async throws {
        let queue = try fixture.queue()
        let id = try await fixture.insert()
        try await queue.enqueue(id, lane: .search)
        #expect(try await queue.next(in: .search) == id)
        try await queue.putBack(id, lane: .search, after: .milliseconds(300))
        let start = ContinuousClock.now
        #expect(try await queue.next(in: .search) == id)
        #expect(ContinuousClock.now - start >= .milliseconds(250))
        await queue.close()
    }

    @Test func aJobThatBringsDownItsWorkersIsGivenUpAndMarkedAsFailed() async throws {
        let id = try await fixture.insert()
        let lease = Duration.milliseconds(50)
        let sender = try fixture.queue()
        try await sender.enqueue(id, lane: .ingest)
        for _ in 0..<3 {
            let worker = try fixture.queue {
                $0.lease = lease
                $0.retries = RetryPolicy(maximumTryCount: 3, firstPause: .milliseconds(1))
            }
            #expect(try await worker.next(in: .ingest) == id)
            // It dies: nobody acknowledges.
        }
        let last = try fixture.queue {
            $0.lease = lease
            $0.retries = RetryPolicy(maximumTryCount: 3, firstPause: .milliseconds(1))
        }
        let waiting = Task { try await last.next(in: .ingest) }
        let store = fixture.store
        try await eventually { try await store.job(id).state == .failed }
        let job = try await store.job(id)
        #expect(job.reasonCode == "job-given-up")
        try await eventually { try await last.deadLetters(limit: 5).map(\.job) == [id] }
        #expect(try await last.statistics(of: .ingest).inHand == 0)
        await last.close()
        #expect(try await waiting.value == nil)
        await sender.close()
    }

    @Test func deadLettersAreBounded() async throws {
        let queue = try fixture.queue {
            $0.retries = RetryPolicy(maximumTryCount: 1)
            $0.capacity = 1000
            $0.deadLetterCapacity = 100
        }
        for _ in 0..<500 {
            let id = Job.ID.random()
            try await queue.enqueue(id, lane: .search)
            #expect(try await queue.next(in: .search) == id)
            _ = try await queue.retry(id, lane: .search, reason: String(repeating: "long ", count: 1000))
        }
        // Redis trims by whole nodes of a hundred entries.
        let letters = try await queue.deadLetters(limit: 1000)
        #expect((100...250).contains(letters.count))
        #expect(letters.allSatisfy { $0.reason.count == 500 })
        #expect(try await queue.statistics(of: .search).deadLetters == 500)
        await queue.close()
    }

    // MARK: The truth

    @Test func takesWhatTheStoreHasAndTheQueueLacks() async throws {
        let (queue, other) = (try fixture.queue(), try fixture.queue())
        let (first, second) = (try await fixture.insert(), try await fixture.insert())
        try await queue.enqueue(first, lane: .search)
        #expect(try await queue.next(in: .search) == first)
        #expect(try await queue.next(in: .search) == second)
        #expect(try await queue.statistics(of: .search).depth == 0, "the first is in hand, and not added again")
        await other.close()
        await queue.close()
    }

    @Test func whatDoesNotFitIsTakenWhenThereIsRoom() async throws {
        var ids: [Job.ID] = []
        for _ in 0..<30 { ids.append(try await fixture.insert()) }
        let queue = try fixture.queue { $0.reconciliationInterval = .milliseconds(20) }
        var taken: [Job.ID] = []
        for _ in ids {
            let id = try #require(try await queue.next(in: .search))
            taken.append(id)
            _ = try await fixture.store.start(id)
            try await fixture.store.finish(id, .cancelled)
            try await queue.acknowledge(id, lane: .search)
        }
        #expect(Set(taken) == Set(ids) && taken.count == ids.count)
        await queue.close()
    }

    @Test func aProcessThatEndsLeavesNoTrace() async throws {
        let queue = try fixture.queue()
        let waiting = Task { try await queue.next(in: .reembed) }
        try await eventually { try await queue.statistics(of: .reembed).workers == 1 }
        let start = ContinuousClock.now
        await queue.close()
        #expect(try await waiting.value == nil)
        #expect(ContinuousClock.now - start < .seconds(60))
        let other = try fixture.queue()
        #expect(try await other.statistics(of: .reembed).workers == 0)
        let client = fixture.client()
        let consumers = try await client.call([
            "XINFO", "CONSUMERS", RedisLaneKeys(prefix: fixture.prefix, lane: .reembed).stream, RedisLaneKeys.group,
        ])
        #expect(consumers == .array([]))
        await other.close()
    }

    @Test func emptyStreamsHoldNothing() async throws {
        let queue = try fixture.queue { $0.capacity = 100 }
        for _ in 0..<50 {
            let id = Job.ID.random()
            try await queue.enqueue(id, lane: .search)
            #expect(try await queue.next(in: .search) == id)
            try await queue.acknowledge(id, lane: .search)
        }
        let keys = RedisLaneKeys(prefix: fixture.prefix, lane: .search)
        let client = fixture.client()
        #expect(try await client.call(["XLEN", keys.stream]) == .integer(0))
        for key in [keys.known, keys.delayed, keys.tries] {
            #expect(try await client.call(["EXISTS", key]) == .integer(0))
        }
        await queue.close()
    }
}
