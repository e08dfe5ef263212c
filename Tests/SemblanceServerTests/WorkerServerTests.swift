import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import SemblanceCore
import SemblanceServer
import SemblanceTesting
import Synchronization
import Testing

/// What a worker answers over HTTP, and when a server counts as ready.
@Suite struct WorkerServerTests {
    private func withWorker(
        _ readiness: Readiness, _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let fixture = try ServerFixture()
        let server = WorkerServer(
            engine: fixture.engine, readiness: readiness, host: "127.0.0.1", port: 0, logger: Logger(label: "test")
        ) { _ in }
        try await server.application.test(.router) { try await body($0) }
    }

    @Test func answersHealthReadinessAndMetricsAndNothingElse() async throws {
        let readiness = Readiness()
        try await withWorker(readiness) { client in
            #expect(try await client.get("/healthz").status == .ok)
            let refusal = try await client.get("/readyz")
            #expect(refusal.status == .serviceUnavailable && refusal.headers[.retryAfter] == "5")
            readiness.markReady()
            #expect(try await client.get("/readyz").status == .ok)
            let metrics = try await client.get("/metrics")
            let text = String(buffer: metrics.body)
            #expect(
                text.contains("\nsemblance_ready 1.0\n") && text.contains("semblance_jobs_running{lane=\"ingest\"} 0"))
            #expect(try await client.get("/v1/catalogues").status == .notFound)
        }
    }

    /// A dependency that fails, hangs and comes back.
    @Test func isReadyAsLongAsWhatItNeedsAnswers() async throws {
        let dependency = Dependency()
        let check = BackendCheck("The database") {
            if dependency.isAway { throw StoreError(.failed, "it is away") }
        }
        let readiness = Readiness()
        readiness.markReady()
        let watching = Task { await readiness.watch([check]) }
        defer { watching.cancel() }
        try await withWorker(readiness) { client in
            try await eventually { !readiness.isReady }
            let refusal = try await client.get("/readyz")
            #expect(refusal.status == .serviceUnavailable)
            #expect(String(buffer: refusal.body).contains("it is away"))
            dependency.comeBack()
            try await eventually { readiness.isReady }
            #expect(try await client.get("/readyz").status == .ok)
        }
    }
}

private final class Dependency: Sendable {
    private let state = Mutex(true)

    var isAway: Bool { state.withLock { $0 } }

    func comeBack() { state.withLock { $0 = false } }
}
