import Hummingbird
import NIOCore

/// Refuses a body that trickles: a client that sends a byte now and then would keep its place for ever.
///
/// Only waiting for the client counts, not the time in which what came is dealt with.
package struct BodyPace {
    /// Bytes a second that a body must reach on average: far below the slowest line.
    private static let leastRate = 512.0
    /// So long a body may be slower.
    private static let patience: Duration = .seconds(30)

    private var byteCount = 0
    private var waited = Duration.zero

    package init() {}

    /// - Parameter waited: for these bytes.
    /// - Throws: `ServerError` with `body-too-slow`.
    package mutating func count(_ byteCount: Int, after waited: Duration) throws {
        self.byteCount += byteCount
        self.waited += waited
        guard self.waited > Self.patience, Double(self.byteCount) < Self.leastRate * (self.waited / .seconds(1)) else {
            return
        }
        throw ServerError(
            .bodyTooSlow, "The request's body comes too slowly: less than \(Int(Self.leastRate)) bytes a second.")
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
