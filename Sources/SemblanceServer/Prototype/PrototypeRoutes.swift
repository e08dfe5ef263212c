import Hummingbird
import SemblanceCore
import SemblanceEngine

/// The first version's endpoints, exactly as they were, over today's jobs.
///
/// They work on the catalogue `default`. A task is a job, its id the job's.
struct PrototypeRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }
    private static let defaultResultCount = 100

    var endpoints: [Endpoint] {
        let task = Answer.json(Schema.reference("Task"), "The task to poll for.")
        return [
            Endpoint(
                .post, "/upload_catalogue", scope: .write,
                Operation(
                    "uploadCatalogue", .prototype, "Upload images into the catalogue `default`.",
                    body: .form(
                        Schema.object(
                            ["files": Schema.list(Schema.file, atLeast: 1), "model_id": Schema.string()],
                            required: ["files"], isOpen: true)),
                    answer: task, errors: [404]),
                respond: upload),
            Endpoint(
                .post, "/search_with_image", scope: .read,
                Operation(
                    "searchWithImage", .prototype, "Search the catalogue `default` for images like the one sent.",
                    detail: "Before the first upload nothing is found: the task succeeds with an empty list.",
                    query: [Parameter("top_k", SearchLimits.topK, "Results to return; the form's field counts first.")],
                    body: .form(
                        Schema.object(
                            ["file": Schema.file, "model_id": Schema.string(), "top_k": SearchLimits.topK],
                            required: ["file"], isOpen: true)),
                    answer: task, errors: [404]),
                respond: search),
            Endpoint(
                .get, "/config/model_config.json", scope: .read,
                Operation(
                    "modelConfig", .prototype, "The models, as a bare list.",
                    answer: .json(Schema.list(Schema.reference("ModelEntry")), "All models.")),
                respond: models),
        ]
    }

    private func upload(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await services.uploads.receive(
            request, for: context.client, rules: .catalogue(services.limits))
        let job = try await services.ingest(
            form, into: Catalogue.defaultName, modelID: form["model_id"], metadata: .object([:]))
        return accepted(job)
    }

    private func search(_ request: Request, _ context: ServerContext) async throws -> Response {
        let query = try Query(request)
        let form = try await services.uploads.receive(
            request, for: context.client, rules: .search(services.limits, fields: ["file"], count: 1))
        do {
            return accepted(try await engine.submit(.search(try await work(form, query))))
        } catch {
            await services.uploads.discard(form)
            throw error
        }
    }

    private func work(_ form: ReceivedForm, _ query: Query) async throws -> SearchWork {
        guard case .few(let files) = form.files, let file = files.first else {
            throw RequestError(.missingField, "The form needs an image file in the field 'file'.")
        }
        // Both are checked, so that a mistake in either is heard of.
        let counts = [try form.integer("top_k"), try query.integer("top_k")].compactMap(\.self)
        if let wrong = counts.first(where: { !(1...engine.configuration.maximumLimit).contains($0) }) {
            throw RequestError(.invalidLimit, "'top_k' is 1 to \(engine.configuration.maximumLimit), not \(wrong).")
        }
        let limit = counts.first ?? Self.defaultResultCount
        let model = try await services.model(form["model_id"], forCatalogue: Catalogue.defaultName)
        return SearchWork(catalogue: Catalogue.defaultName, modelID: model, upload: file.upload, limit: limit)
    }

    private func accepted(_ job: Job) -> Response {
        .json { $0.member("task_id", job.id.rawValue) }
    }

    private func models(_ request: Request, _ context: ServerContext) async throws -> Response {
        var writer = JSONWriter()
        writer.array(engine.models()) { model, writer in
            writer.object {
                $0.member("model_id", model.modelID)
                $0.member("model_type", model.family)
                $0.member("model_dim", model.dimension)
            }
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: writer.responseBody)
    }
}

extension SearchLimits {
    static let topK = Schema.integer(1...1_000_000, default: 100, "Results to return.")
}
