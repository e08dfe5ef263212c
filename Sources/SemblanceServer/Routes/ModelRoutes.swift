import Hummingbird
import SemblanceCore
import SemblanceEngine

/// `/v1/models` and `/v1/stats`.
struct ModelRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/models", scope: .read,
                Operation(
                    "listModels", .models, "List the models.",
                    answer: .json(Schema.object(["models": Schema.list(Schema.reference("Model"))]), "All models.")),
                respond: models),
            Endpoint(
                .get, "/v1/stats", scope: .read,
                Operation(
                    "showStats", .service, "Show what this server holds and does.",
                    answer: .json(Schema.reference("Stats"), "Numbers.")),
                respond: stats),
        ]
    }

    private func models(_ request: Request, _ context: ServerContext) async throws -> Response {
        .json { $0.member("models", engine.models().map { ModelDocument(model: $0) }) }
    }

    private func stats(_ request: Request, _ context: ServerContext) async throws -> Response {
        let catalogues = try await CatalogueDocument.all(of: engine, isDetailed: true)
        let queued = try await engine.jobCount(in: .queued)
        let running = try await engine.jobCount(in: .running)
        return .json {
            $0.member("version", services.version)
            $0.member("uptime_seconds", Int((ContinuousClock.now - services.startedAt) / .seconds(1)))
            $0.member("catalogues", catalogues)
            $0.member("jobs") {
                $0.member("queued", queued)
                $0.member("running", running)
            }
            $0.member("models", engine.models().map { ModelDocument(model: $0) })
        }
    }
}
