import Hummingbird
import NIOCore
import SemblanceCore
import Synchronization

/// Refuses a client that asks too often (429) and everyone when too much is in work (503).
final class LoadLimits: RouterMiddleware {
    /// `nil` where clients are not limited.
    private let buckets: Mutex<TokenBuckets?>
    private let requests: Slots

    init(_ configuration: ServerConfiguration) {
        buckets = Mutex(
            configuration.requestsPerMinute.map { TokenBuckets(perMinute: $0, burst: configuration.requestBurst) })
        requests = Slots(configuration.maximumRequestCount, of: "requests")
    }

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        try checkRate(of: context)
        if Self.waitingRoutes.contains(context.endpointPath ?? "") { return try await next(request, context) }
        return try await requests.hold { try await next(request, context) }
    }

    /// Health must be told under load too, and polls wait without working; they have slots of their own.
    private static let waitingRoutes: Set<String> = ["/healthz", "/readyz", "/poll_task_status/{req_id}"]

    /// Clients on this machine are not limited: it is theirs.
    private func checkRate(of context: ServerContext) throws {
        guard !context.isLocalClient, let address = context.clientAddress else { return }
        let client = TokenBuckets.client(at: address)
        guard let wait = buckets.withLock({ $0?.take(for: client, at: .now) }) else { return }
        throw ServerError(.rateLimited, "Too many requests; try again in \(Int(wait.rounded(.up))) s.")
    }
}

extension TokenBuckets {
    /// An IPv4 address, or the network that an IPv6 client can choose addresses in at will.
    package static func client(at address: SocketAddress) -> String {
        guard case .v6(let address) = address else { return address.ipAddress ?? "local" }
        return withUnsafeBytes(of: address.address.sin6_addr) { bytes in
            // IPv4 clients of a server that listens on both.
            if HostName.isMapped(bytes) { return bytes[12..<16].map(String.init).joined(separator: ".") }
            return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
        }
    }
}

/// A bounded number of things that may go on at a time.
package final class Slots: Sendable {
    private let inUse = Mutex(0)
    private let count: Int
    private let what: String

    package init(_ count: Int, of what: String) {
        self.count = count
        self.what = what
    }

    /// Runs `body` in a slot.
    /// - Throws: `RequestError` with `overloaded` if none is free.
    package func hold<Value>(_ body: () async throws -> Value) async throws -> Value {
        try take()
        defer { release() }
        return try await body()
    }

    /// - Throws: `RequestError` with `overloaded` if no slot is free.
    func take() throws {
        let isTaken = inUse.withLock { inUse in
            guard inUse < count else { return false }
            inUse += 1
            return true
        }
        guard isTaken else {
            throw RequestError(.overloaded, "There are \(count) \(what) in work already; try again in a moment.")
        }
    }

    func release() {
        inUse.withLock { $0 -= 1 }
    }
}
