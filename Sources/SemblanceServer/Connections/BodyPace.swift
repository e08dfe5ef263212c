import Hummingbird
import NIOCore

/// Refuses a body that trickles: a client that sends a byte now and then would keep its place for ever.
///
/// Only waiting for the client counts, not the time in which what came is dealt with. The first minute asks for little,
/// so that small bodies pass on the slowest line; from then on each second adds as much as a slow line carries, so that
/// a large body does not keep its place for hours.
package struct BodyPace {
    /// So long a body may take as it likes.
    private static let patience: Duration = .seconds(30)
    /// Seconds of the first rate.
    private static let firstSeconds = 60.0
    /// Bytes a second.
    private static let firstRate = 512.0
    /// Bytes a second.
    private static let laterRate = 4_000.0

    private var byteCount = 0
    private var waited = Duration.zero

    package init() {}

    /// - Parameter waited: for these bytes.
    /// - Throws: `ServerError` with `body-too-slow`.
    package mutating func count(_ byteCount: Int, after waited: Duration) throws {
        self.byteCount += byteCount
        self.waited += waited
        let seconds = self.waited / .seconds(1)
        let least = Self.leastByteCount(after: seconds)
        guard self.waited > Self.patience, self.byteCount < least else { return }
        throw ServerError(
            .bodyTooSlow,
            "The request's body comes too slowly: expected at least \(least) bytes in \(Int(seconds)) s, "
                + "not \(self.byteCount).")
    }

    private static func leastByteCount(after seconds: Double) -> Int {
        Int(firstRate * min(seconds, firstSeconds) + laterRate * max(0, seconds - firstSeconds))
    }
}

extension RequestBody {
    /// Gives each part of the body to `take`, as long as the client sends fast enough.
    /// - Throws: `ServerError` with `body-too-slow`; what `take` throws.
    func forEachPart(_ take: (ByteBuffer) async throws -> Void) async throws {
        let clock = ContinuousClock()
        var pace = BodyPace()
        var parts = makeAsyncIterator()
        while true {
            let start = clock.now
            guard let part = try await parts.next() else { return }
            try pace.count(part.readableBytes, after: clock.now - start)
            try await take(part)
        }
    }

    /// The whole body.
    /// - Throws: `ServerError` with `body-too-slow`; HTTP status 413 if it is larger.
    func collectPaced(upTo maximumByteCount: Int) async throws -> ByteBuffer {
        var all = ByteBuffer()
        try await forEachPart { part in
            guard all.readableBytes + part.readableBytes <= maximumByteCount else { throw HTTPError(.contentTooLarge) }
            all.writeImmutableBuffer(part)
        }
        return all
    }
}
