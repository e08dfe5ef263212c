import SemblanceCore
import SemblanceEngine
import SemblanceServer
import ServiceLifecycle

/// Runs jobs until shutdown; then those that run may end, for as long as the engine's drain limit.
struct JobWorkers: Service {
    let engine: Engine
    var lanes = Set(Job.Lane.allCases)
    var concurrency: Int?

    func run() async throws {
        let drain = WorkerDrain()
        try await withGracefulShutdownHandler {
            try await engine.runWorkers(lanes: lanes, concurrency: concurrency, drain: drain)
        } onGracefulShutdown: {
            drain.begin()
        }
    }
}

/// Looks every few seconds whether database and queue answer, and says so to `/readyz`.
struct BackendWatch: Service {
    let checks: [BackendCheck]
    let readiness: Readiness

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            await readiness.watch(checks)
            // It looks until it is cancelled, unless there is nothing to look at.
            if !Task.isCancelled { try await gracefulShutdown() }
        }
    }
}

/// Loads models and opens indexes in the background, then says that the server is ready.
struct WarmUp: Service {
    let app: App
    let readiness: Readiness
    /// Between two attempts to load the model.
    private static let pause: Duration = .seconds(10)

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await app.engine.warm(app.engine.defaultModelID)
                    try await app.engine.openIndexes()
                    readiness.markReady()
                    break
                } catch {
                    if Task.isCancelled { return }
                    // The page and the API can still say what is wrong; the weights may be pulled meanwhile.
                    Console.note("semblance: \(error)")
                    try await Task.sleep(for: Self.pause)
                }
            }
            try await gracefulShutdown()
        }
    }
}
