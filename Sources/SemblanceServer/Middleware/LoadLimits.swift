import Hummingbird
import NIOCore
import SemblanceCore
import Synchronization

/// Refuses a client that asks too often or for too much at once (429), and everyone when too much is in work (503).
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
        var context = context
        context.client = ClientIdentity(of: request, from: context.clientAddress)
        try checkRate(of: context)
        if Self.waitingRoutes.contains(context.endpointPath ?? "") { return try await next(request, context) }
        let identified = context
        return try await requests.hold(for: identified.client) { try await next(request, identified) }
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
