import SemblanceCore

/// When work on one file must end.
package struct DecodingDeadline: Sendable {
    private let limit: Duration
    private let end: ContinuousClock.Instant

    package init(limit: Duration) {
        self.limit = limit
        end = .now + limit
    }

    /// - Throws: `ImageError` with `image-took-too-long`.
    package func check() throws(ImageError) {
        if ContinuousClock.now >= end { throw .tookTooLong(limit: limit) }
    }

    /// Refuses work whose cost is known ahead to exceed the limit.
    package func check(expecting cost: Duration) throws(ImageError) {
        if cost > limit { throw .tookTooLong(limit: limit) }
    }
}
