import SemblanceStore
import Testing

@Suite struct RetryScheduleTests {
    private let lost = PostgresFailure(.lost, "")
    private let deadlock = PostgresFailure(.statement(.deadlock), "")

    @Test func waitsLongerEachTimeAndAtRandom() {
        let now = ContinuousClock.now
        var short = RetrySchedule(until: now + .seconds(60))
        var long = RetrySchedule(until: now + .seconds(60))
        let least = (0..<8).compactMap { _ in short.wait(after: lost, at: now, share: 0) }
        let most = (0..<8).compactMap { _ in long.wait(after: lost, at: now, share: 1) }
        #expect(least.count == 8 && least == least.sorted() && most == most.sorted())
        #expect(zip(least, most).allSatisfy { $0 * 2 == $1 })
        #expect(most.last == .seconds(1))
    }

    @Test func givesUpAtItsDeadline() {
        let now = ContinuousClock.now
        var schedule = RetrySchedule(until: now + .seconds(1))
        #expect(schedule.wait(after: lost, at: now) != nil)
        #expect(schedule.wait(after: lost, at: now + .milliseconds(999)) == nil)
    }

    @Test func givesUpOnTransactionsThatNeverPass() {
        let now = ContinuousClock.now
        var schedule = RetrySchedule(until: now + .seconds(3600))
        let waits = (0..<50).compactMap { _ in schedule.wait(after: deadlock, at: now) }
        #expect(waits.count == 10)
    }

    @Test func neverRepeatsWhatWouldFailAgain() {
        var schedule = RetrySchedule(until: .now + .seconds(60))
        for kind in [
            PostgresFailure.Kind.timedOut, .unexpectedValue, .refused(.invalidPassword), .statement(.uniqueViolation),
            .statement(.diskFull), .statement(.queryCancelled),
        ] {
            #expect(schedule.wait(after: PostgresFailure(kind, "")) == nil)
        }
    }
}
