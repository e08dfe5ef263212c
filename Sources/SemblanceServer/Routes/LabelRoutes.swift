import Hummingbird
import SemblanceCore
import SemblanceEngine

/// `/v1/label`.
struct LabelRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    private static let fields: Set<String> = ["prompt", "k", "model"]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/label", scope: .read,
                Operation(
                    "label", .search, "Name what an image shows, out of classes given in words.",
                    detail: "Needs a model with `text`. `classes` holds one class, or several with commas between.",
                    body: .form(
                        Schema.object(
                            [
                                "image": Schema.file,
                                "classes": Schema.list(Schema.string(lengths: 1...65_536), atLeast: 1),
                                "prompt": Schema.string(
                                    "A text with {} where the class goes; by default "
                                        + "'\(ZeroShotLabels.defaultPrompt)'.", lengths: 2...10_000),
                                "k": Schema.integer(1...1_000_000, default: 5, "Classes to return."),
                                "model": Schema.string("By default the server's default model."),
                            ], required: ["image", "classes"])),
                    answer: .json(Schema.reference("Labels"), "The classes, likeliest first."),
                    errors: [404, 409, 422]),
                respond: label)
        ]
    }

    private func label(_ request: Request, _ context: ServerContext) async throws -> Response {
        let rules = FormRules.search(services.limits, fields: ["image"], count: 1, texts: ["classes"])
        let form = try await services.uploads.receive(request, for: context.client, rules: rules)
        do {
            let found = try await label(form)
            await services.uploads.discard(form)
            return .json {
                $0.member("model", found.modelID)
                $0.member("labels", found.labels.map { LabelDocument(label: $0) })
                $0.member("warnings", found.warnings)
            }
        } catch {
            await services.uploads.discard(form)
            throw error
        }
    }

    private func label(_ form: ReceivedForm) async throws -> LabelResponse {
        try form.checkNames(Self.fields)
        guard case .few(let files) = form.files, let file = files.first else {
            throw RequestError(.missingField, "The form needs an image file in the field 'image'.")
        }
        guard let lists = form.lists["classes"] else {
            throw RequestError(.missingField, "The form needs classes in the field 'classes', such as 'cat,dog'.")
        }
        let limit = try form.integer("k") ?? 5
        guard (1...1_000_000).contains(limit) else {
            throw RequestError(.invalidLimit, "'k' is 1 to 1,000,000 classes, not \(limit).")
        }
        return try await engine.label(
            fileAt: file.upload.path,
            LabelRequest(
                modelID: form["model"], classes: lists.flatMap(ZeroShotLabels.classes),
                prompt: form["prompt"] ?? ZeroShotLabels.defaultPrompt, limit: limit))
    }
}
