/// Rate limits by token bucket: a pure value that is told the time.
///
/// Each client has a bucket of `burst` tokens that fills at `perMinute` a minute. The number of buckets is bounded:
/// when there are too many, those that have filled up again are forgotten, which changes nothing for their clients,
/// and then the oldest ones.
package struct TokenBuckets {
    private struct Bucket {
        var tokens: Double
        var updated: ContinuousClock.Instant
    }

    package static let maximumClientCount = 10_000

    private let perSecond: Double
    private let burst: Double
    private var buckets: [String: Bucket] = [:]

    package init(perMinute: Int, burst: Int) {
        self.perSecond = Double(perMinute) / 60
        self.burst = Double(burst)
    }

    package var clientCount: Int { buckets.count }

    /// Takes one token.
    /// - Returns: `nil` if there was one, else the seconds until there will be.
    package mutating func take(for client: String, at now: ContinuousClock.Instant) -> Double? {
        if buckets[client] == nil, buckets.count >= Self.maximumClientCount { forget(at: now) }
        var bucket = refilled(buckets[client] ?? Bucket(tokens: burst, updated: now), at: now)
        defer { buckets[client] = bucket }
        guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / perSecond }
        bucket.tokens -= 1
        return nil
    }

    private func refilled(_ bucket: Bucket, at now: ContinuousClock.Instant) -> Bucket {
        let seconds = (now - bucket.updated) / .seconds(1)
        return Bucket(tokens: min(burst, bucket.tokens + max(0, seconds) * perSecond), updated: now)
    }

    private mutating func forget(at now: ContinuousClock.Instant) {
        buckets = buckets.filter { refilled($0.value, at: now).tokens < burst }
        guard buckets.count >= Self.maximumClientCount else { return }
        for (client, _) in buckets.sorted(by: { $0.value.updated < $1.value.updated }).prefix(
            Self.maximumClientCount / 2)
        {
            buckets[client] = nil
        }
    }
}
