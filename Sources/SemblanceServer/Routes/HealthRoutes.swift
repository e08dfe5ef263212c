import Foundation
import Hummingbird
import SemblanceCore
import SemblanceEngine

/// `/healthz`, `/readyz` and `/metrics`.
struct HealthRoutes: EndpointGroup {
    let services: Services

    var endpoints: [Endpoint] {
        let status = Schema.object(["status": Schema.string()])
        return [
            Endpoint(
                .get, "/healthz", scope: nil,
                Operation("health", .service, "Whether the server runs.", answer: .json(status, "It does.")),
                respond: { _, _ in .json { $0.member("status", "ok") } }),
            Endpoint(
                .get, "/readyz", scope: nil,
                Operation(
                    "readiness", .service, "Whether the server is ready to search: its model is warm.",
                    answer: .json(status, "It is.")),
                respond: ready),
            Endpoint(
                .get, "/metrics", scope: .read,
                Operation(
                    "metrics", .service, "Numbers for Prometheus.",
                    answer: .other(["text/plain"], "The Prometheus text format.")),
                respond: metrics),
        ]
    }

    private func ready(_ request: Request, _ context: ServerContext) async throws -> Response {
        if let reason = services.readiness.reasonAgainst { throw ServerError(.notReady, reason) }
        return .json { $0.member("status", "ready") }
    }

    private func metrics(_ request: Request, _ context: ServerContext) async throws -> Response {
        let jobs = await JobMetrics(engine: services.engine).lines()
        var states: [(labels: String, value: Double)] = []
        for state in [Job.State.queued, .running] {
            states.append(("state=\"\(state.rawValue)\"", Double(try await services.engine.jobCount(in: state))))
        }
        let uptime = (ContinuousClock.now - services.startedAt) / .seconds(1)
        let text = services.metrics.text(gauges: [
            ("semblance_jobs", "Jobs that have not ended.", states),
            (
                "semblance_queries_waiting", "Searches that wait for a thread.",
                [("", Double(services.engine.waitingQueryCount))]
            ),
            ("semblance_uptime_seconds", "Seconds since the server started.", [("", uptime)]),
            (
                "process_resident_memory_bytes", "Memory of the process.",
                [("", Double(ProcessMemory.residentByteCount()))]
            ),
        ])
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text + jobs.joined(separator: "\n") + "\n")))
    }
}
