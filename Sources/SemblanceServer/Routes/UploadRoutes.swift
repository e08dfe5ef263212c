import Hummingbird
import SemblanceCore
import SemblanceEngine

/// Images into a catalogue: as files, or by URL.
struct UploadRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }
    /// URLs of one request.
    private static let maximumURLCount = 10_000

    var endpoints: [Endpoint] {
        let job = Answer.json(
            Schema.object(["job": Schema.reference("Job")]), "The job that takes the images in.", status: 202,
            headers: ["Location": "The job's path."])
        return [
            Endpoint(
                .post, "/v1/catalogues/{catalogue}/images", scope: .write,
                Operation(
                    "uploadImages", .images, "Upload images, any number in one request.",
                    detail:
                        "The catalogue is created if there is none of this name. `metadata` is a JSON object, "
                        + "at most \(Metadata.maximumByteCount) bytes, that every image gets. "
                        + "Each file that cannot be taken in "
                        + "is listed among the job's failures; the others are not affected.",
                    body: .form(
                        Schema.object(
                            [
                                "files": Schema.list(Schema.file, atLeast: 1), "model": Schema.string(),
                                "metadata": Schema.object,
                            ], required: ["files"])),
                    answer: job),
                respond: upload),
            Endpoint(
                .post, "/v1/catalogues/{catalogue}/images/urls", scope: .write,
                Operation(
                    "fetchImages", .images, "Fetch images from the web into a catalogue.",
                    body: .json(
                        Schema.object(
                            [
                                "urls": Schema.list(Schema.string(format: "uri"), atLeast: 1),
                                "model": Schema.string(), "metadata": Schema.object,
                            ], required: ["urls"])),
                    answer: job),
                respond: fetch),
        ]
    }

    private func upload(_ request: Request, _ context: ServerContext) async throws -> Response {
        let catalogue = try context.pathParameter("catalogue")
        try Catalogue.validateName(catalogue)
        let form = try await services.uploads.receive(
            request, for: context.client, rules: .catalogue(services.limits))
        let metadata: JSONValue
        do {
            try form.checkNames(["model", "metadata"])
            metadata = try Self.metadata(form["metadata"])
        } catch {
            await services.uploads.discard(form)
            throw error
        }
        return .accepted(
            try await services.ingest(form, into: catalogue, modelID: form["model"], metadata: metadata))
    }

    private static func metadata(_ text: String?) throws -> JSONValue {
        guard let text else { return .object([:]) }
        let value = try JSONValue(parsing: Array(text.utf8))
        try Metadata.validate(value)
        return value
    }

    private func fetch(_ request: Request, _ context: ServerContext) async throws -> Response {
        let catalogue = try context.pathParameter("catalogue")
        try Catalogue.validateName(catalogue)
        let body = try await services.jsonBody(of: request)
        try body.checkNames(["urls", "model", "metadata"])
        guard let urls = try body.strings("urls"), !urls.isEmpty else { throw body.missing("urls") }
        guard urls.count <= Self.maximumURLCount else {
            throw RequestError(.tooLarge, "One request names at most \(Self.maximumURLCount) URLs, not \(urls.count).")
        }
        let named = try body.string("model")
        let work = IngestWork(
            catalogue: catalogue, modelID: try await services.model(named, forCatalogue: catalogue),
            source: .urls(urls), metadata: try body.object("metadata") ?? .object([:]), followsCatalogue: named == nil)
        return .accepted(try await engine.submit(.ingest(work)))
    }
}

extension Response {
    /// A job that was taken on.
    static func accepted(_ job: Job) -> Response {
        var response = Response.json(status: .accepted) { $0.member("job", JobDocument(job: job)) }
        response.headers[.location] = "/v1/jobs/\(job.id)"
        return response
    }
}
