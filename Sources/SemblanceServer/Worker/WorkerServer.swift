import Foundation
import Hummingbird
import Logging
import SemblanceEngine
import ServiceLifecycle

/// What a worker answers over HTTP: `/healthz`, `/readyz` and `/metrics`, and nothing else. They hold no names, paths or
/// metadata, so that they need no key.
public struct WorkerServer: Service {
    private let engine: Engine
    private let readiness: Readiness
    private let host: String
    private let port: Int
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) async -> Void
    private let startedAt = ContinuousClock.now

    /// - Parameter onListening: called with the real port when connections are accepted.
    public init(
        engine: Engine, readiness: Readiness, host: String, port: Int, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        self.engine = engine
        self.readiness = readiness
        self.host = host
        self.port = port
        self.logger = logger
        self.onListening = onListening
    }

    public func run() async throws {
        try await application.run()
    }

    /// The Hummingbird application, which tests drive without a socket.
    package var application: some ApplicationProtocol {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.get("/healthz") { _, _ in Response.json { $0.member("status", "ok") } }
        router.get("/readyz") { _, _ in
            guard let reason = readiness.reasonAgainst else { return Response.json { $0.member("status", "ready") } }
            return Problem(ServerError(.notReady, reason)).response()
        }
        router.get("/metrics") { _, _ in await metrics() }
        let (onListening, port) = (self.onListening, self.port)
        return Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
    }

    private func metrics() async -> Response {
        var lines = await JobMetrics(engine: engine).lines()
        let uptime = (ContinuousClock.now - startedAt) / .seconds(1)
        for (name, help, value) in [
            (
                "semblance_ready", "Whether the process can work: model, database and queue.",
                readiness.isReady ? 1.0 : 0.0
            ),
            ("semblance_uptime_seconds", "Seconds since the process started.", uptime),
            ("process_resident_memory_bytes", "Memory of the process.", Double(ProcessMemory.residentByteCount())),
        ] {
            lines += ServerMetrics.header(name, "gauge", help) + ["\(name) \(value)"]
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: lines.joined(separator: "\n") + "\n")))
    }
}
