import SemblanceCore
import SemblanceServer
import Testing

@Suite struct LoadTests {
    @Test func letsABurstThroughAndThenTheAverage() {
        var buckets = TokenBuckets(perMinute: 60, burst: 3)
        let start = ContinuousClock.now
        for _ in 0..<3 { #expect(buckets.take(for: "a", at: start) == nil) }
        #expect(buckets.take(for: "a", at: start) == 1)
        #expect(buckets.take(for: "b", at: start) == nil)
        #expect(buckets.take(for: "a", at: start + .seconds(1)) == nil)
        #expect(buckets.take(for: "a", at: start + .milliseconds(1500)) != nil)
        for _ in 0..<3 { #expect(buckets.take(for: "a", at: start + .seconds(60)) == nil) }
        #expect(buckets.take(for: "a", at: start + .seconds(60)) != nil)
    }

    @Test func remembersABoundedNumberOfClients() {
        var buckets = TokenBuckets(perMinute: 1, burst: 1)
        let now = ContinuousClock.now
        for client in 0..<25_000 { _ = buckets.take(for: "\(client)", at: now + .microseconds(client)) }
        #expect(buckets.clientCount <= TokenBuckets.maximumClientCount)
        #expect(buckets.take(for: "24999", at: now + .seconds(1)) != nil)
    }

    @Test func refusesMoreThanItsSlots() async throws {
        let slots = Slots(1, of: "uploads")
        try await slots.hold {
            let error = await #expect(throws: RequestError.self) { try await slots.hold {} }
            #expect(error?.code == .overloaded)
        }
        try await slots.hold {}
    }
}
