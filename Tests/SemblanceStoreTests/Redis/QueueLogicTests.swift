import SemblanceCore
import SemblanceStore
import Testing

/// Decisions that need no server.
@Suite struct QueueLogicTests {
    private let start = ContinuousClock.now

    // MARK: Retries

    @Test func pausesDoubleUpToALimit() {
        let policy = RetryPolicy(maximumTryCount: 6, firstPause: .seconds(1), longestPause: .seconds(5))
        let pauses = (1...5).map { policy.decide(afterTries: $0, jitter: 1) }
        #expect(pauses == [1, 2, 4, 5, 5].map { .later(.seconds($0)) })
        #expect(policy.decide(afterTries: 6, jitter: 1) == .givenUp(tries: 6))
        #expect(policy.decide(afterTries: 1_000_000, jitter: 0) == .givenUp(tries: 1_000_000))
        #expect(policy.pause(afterTries: .max, jitter: 1) == .seconds(5))
    }

    @Test(arguments: [0, 0.25, 1]) func jitterKeepsAtLeastHalf(jitter: Double) {
        let pause = RetryPolicy(firstPause: .seconds(8), longestPause: .seconds(8)).pause(afterTries: 1, jitter: jitter)
        #expect(pause == .seconds(4) + .seconds(4) * jitter)
    }

    // MARK: The gate

    @Test func oneCallerTriesAgainWhileTheOthersAreRefused() {
        var gate = ConnectionGate(policy: RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(4)))
        #expect(gate.admits(at: start, jitter: 1) == true)
        gate.failed(at: start, jitter: 1)
        #expect(gate.admits(at: start + .milliseconds(999), jitter: 1) == false)
        #expect(gate.admits(at: start + .seconds(1), jitter: 1) == true)
        #expect(gate.admits(at: start + .seconds(1), jitter: 1) == false, "somebody is trying already")
        gate.failed(at: start + .seconds(1), jitter: 1)
        #expect(gate.admits(at: start + .milliseconds(2999), jitter: 1) == false)
        #expect(gate.admits(at: start + .seconds(3), jitter: 1) == true)
        gate.succeeded()
        #expect(gate.admits(at: start + .seconds(3), jitter: 1) == true)
        #expect(gate.admits(at: start + .seconds(3), jitter: 1) == true)
    }

    // MARK: Hands

    private func delivery(_ name: String, entry: String) -> LaneHands.Delivery {
        LaneHands.Delivery(job: Job.ID(rawValue: name), entry: entry)
    }

    @Test func whatComesGoesToWhoeverHasWaitedLongest() {
        var hands = LaneHands()
        for waiter: LaneHands.Waiter in [1, 2, 3] { _ = hands.wait(waiter) }
        hands.leave(1)
        let (handed, left) = hands.hand([delivery("a", entry: "1-0"), delivery("b", entry: "2-0")])
        #expect(handed.map(\.0) == [2, 3])
        #expect(handed.map(\.1.rawValue) == ["a", "b"])
        #expect(left.isEmpty && hands.waiterCount == 0)
        #expect(Set(hands.entries(of: hands.inHand)) == ["1-0", "2-0"])
    }

    @Test func whatNobodyWaitsForGoesBack() {
        var hands = LaneHands()
        _ = hands.wait(1)
        let b = delivery("b", entry: "2-0")
        #expect(hands.hand([delivery("a", entry: "1-0"), b]).left == [b])
        #expect(hands.release(b.job) == nil)
    }

    @Test func whatIsInHandIsNotHandedOutAgain() {
        var hands = LaneHands()
        let a = delivery("a", entry: "1-0")
        _ = hands.wait(1)
        _ = hands.hand([a])
        _ = hands.wait(2)
        // The same entry, because its first answer was lost: it is where it belongs.
        #expect(hands.hand([a]).left.isEmpty)
        // Another entry of the same job, from a queue that was filled anew: it goes back until this worker is done.
        let again = delivery("a", entry: "9-0")
        #expect(hands.hand([again]).left == [again])
        #expect(hands.waiterCount == 1)
        #expect(hands.release(a.job) == "1-0")
        #expect(hands.hand([again]).handed.map(\.0) == [2])
    }

    @Test func aClosedLaneSendsEverybodyHome() {
        var hands = LaneHands()
        for waiter: LaneHands.Waiter in [1, 2] { _ = hands.wait(waiter) }
        #expect(hands.close() == [1, 2])
        #expect(hands.wait(3) == false)
        #expect(hands.waiterCount == 0)
    }

    // MARK: The schedule

    @Test func everythingIsDueAtFirstAndAfterALoss() {
        var schedule = LaneSchedule(lease: .seconds(8), longestBlock: .seconds(2), reconciliation: .seconds(15))
        for _ in 0..<2 {
            #expect(schedule.isUpkeepDue(at: start))
            #expect(schedule.isTakeOverDue(at: start))
            #expect(schedule.isReconciliationDue(at: start))
            schedule.didUpkeep(at: start, nextDelayed: nil)
            schedule.didTakeOver(at: start)
            schedule.didReconcile(at: start)
            #expect(!schedule.isUpkeepDue(at: start + .milliseconds(249)))
            #expect(!schedule.isTakeOverDue(at: start + .milliseconds(1999)))
            #expect(!schedule.isReconciliationDue(at: start + .milliseconds(14_999)))
            #expect(schedule.isTakeOverDue(at: start + .seconds(2)))
            schedule.restart()
        }
    }

    @Test func aReadWaitsUntilTheNextThingIsDue() {
        var schedule = LaneSchedule(lease: .seconds(60), longestBlock: .seconds(2), reconciliation: .seconds(15))
        schedule.didTakeOver(at: start)
        schedule.didReconcile(at: start)
        schedule.didUpkeep(at: start, nextDelayed: nil)
        #expect(schedule.block(at: start) == .seconds(2))
        schedule.didUpkeep(at: start, nextDelayed: .milliseconds(40))
        #expect(schedule.block(at: start) == .milliseconds(40))
        #expect(schedule.isUpkeepDue(at: start + .milliseconds(40)))
        #expect(schedule.block(at: start + .seconds(1)) == .milliseconds(1), "0 would wait for ever")
        schedule.didUpkeep(at: start, nextDelayed: nil)
        #expect(schedule.block(at: start + .milliseconds(14_500)) == .milliseconds(500))
    }

    // MARK: Versions

    @Test(arguments: [
        ("redis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru", true, false),
        ("redis_version:6.2.0\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction", true, false),
        ("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1", true, false),
        ("redis_version:10.0.0\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lfu", true, true),
        ("redis_version:6.0.16", false, false), ("redis_version:5.0.7", false, false), ("", false, false),
        ("redis_version:new", false, false),
    ])
    func knowsWhichServersToWorkWith(info: String, isUsable: Bool, mayForget: Bool) {
        let info = RedisServerInfo(text: info)
        #expect(info.isUsable == isUsable)
        #expect(info.mayForgetJobs == mayForget)
    }
}
