import Hummingbird
import Logging

/// The outermost step: gives each request an id, writes one line to the log and counts it.
struct RequestLog: RouterMiddleware {
    let metrics: ServerMetrics

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let id = Self.acceptableID(request.headers[.requestID]) ?? context.id
        context.logger[metadataKey: "hb.request.id"] = "\(id)"
        let start = ContinuousClock.now
        metrics.requestBegan()
        defer { metrics.requestEnded() }
        var response = try await next(request, context)
        let took = ContinuousClock.now - start
        metrics.count(
            method: request.method, route: context.endpointPath ?? "unknown", status: response.status.code, took: took)
        log(request, response, took, context)
        response.headers[.requestID] = id
        return response
    }

    private func log(_ request: Request, _ response: Response, _ took: Duration, _ context: ServerContext) {
        // Probes ask every second, and a server that starts or stops says no to them: nothing to report.
        let isRoutine = ["/healthz", "/readyz", "/metrics"].contains(request.uri.path)
        context.logger.log(
            level: isRoutine ? .debug : response.status.code >= 500 ? .warning : .info, "request",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path.prefix(200))",
                "status": "\(response.status.code)",
                "ms": "\((took / .milliseconds(1) * 10).rounded() / 10)",
                "client": "\(context.clientAddress?.ipAddress ?? "local")",
            ])
    }

    /// A client's own id, if it cannot do harm in a log.
    private static func acceptableID(_ id: String?) -> String? {
        guard let id, (1...64).contains(id.utf8.count) else { return nil }
        let isPlain = id.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isPlain ? id : nil
    }
}
