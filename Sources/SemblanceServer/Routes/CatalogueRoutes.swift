import Hummingbird
import SemblanceCore
import SemblanceEngine

/// `/v1/catalogues`.
struct CatalogueRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/catalogues", scope: .read,
                Operation(
                    "listCatalogues", .catalogues, "List the catalogues.",
                    answer: .json(
                        Schema.object(["catalogues": Schema.list(Schema.reference("Catalogue"))]), "All catalogues.")),
                respond: list),
            Endpoint(
                .post, "/v1/catalogues", scope: .write,
                Operation(
                    "createCatalogue", .catalogues, "Create a catalogue.",
                    body: .json(
                        Schema.object(
                            [
                                "name": Schema.string(lengths: 1...64),
                                "model": Schema.string("By default the server's default model."),
                                "filterable_keys": Schemas.filterableKeys,
                            ],
                            required: ["name"])),
                    answer: .json(
                        Schema.reference("CatalogueDetail"), "The new catalogue.", status: 201,
                        headers: ["Location": "The catalogue's path."]),
                    errors: [404, 409]),
                respond: create),
            Endpoint(
                .get, "/v1/catalogues/{catalogue}", scope: .read,
                Operation(
                    "showCatalogue", .catalogues, "Show a catalogue.",
                    answer: .json(Schema.reference("CatalogueDetail"), "The catalogue.")),
                respond: show),
            Endpoint(
                .delete, "/v1/catalogues/{catalogue}", scope: .admin,
                Operation(
                    "deleteCatalogue", .catalogues, "Delete a catalogue with its images and embeddings.",
                    detail: "Files that were indexed where they lie are not touched.", answer: .nothing),
                respond: delete),
        ]
    }

    private func list(_ request: Request, _ context: ServerContext) async throws -> Response {
        let documents = try await CatalogueDocument.all(of: engine, isDetailed: false)
        return .json { $0.member("catalogues", documents) }
    }

    private func create(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try await services.jsonBody(of: request)
        try body.checkNames(["name", "model", "filterable_keys"])
        guard let name = try body.string("name") else { throw body.missing("name") }
        let catalogue = try await engine.createCatalogue(
            named: name, modelID: try body.string("model"), filterableKeys: try body.strings("filterable_keys") ?? [])
        var response = Response.json(try await CatalogueDocument(detailed: catalogue, of: engine), status: .created)
        response.headers[.location] = "/v1/catalogues/\(PercentEncoding.encode(catalogue.name))"
        return response
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        let name = try context.pathParameter("catalogue")
        return .json(
            try await CatalogueDocument(detailed: try await engine.catalogue(named: name), of: engine))
    }

    private func delete(_ request: Request, _ context: ServerContext) async throws -> Response {
        try await engine.deleteCatalogue(named: try context.pathParameter("catalogue"))
        return Response(status: .noContent)
    }
}

extension CatalogueDocument {
    /// A catalogue with its numbers and its embeddings.
    init(detailed catalogue: Catalogue, of engine: Engine) async throws {
        self.init(
            catalogue: catalogue, statistics: try await engine.statistics(ofCatalogue: catalogue.name),
            embeddings: try await engine.embeddingCounts(ofCatalogue: catalogue.name))
    }

    /// Every catalogue with its numbers; one that is deleted meanwhile is left out.
    static func all(of engine: Engine, isDetailed: Bool) async throws -> [CatalogueDocument] {
        var documents: [CatalogueDocument] = []
        for catalogue in try await engine.catalogues() {
            do {
                if isDetailed {
                    documents.append(try await CatalogueDocument(detailed: catalogue, of: engine))
                } else {
                    let statistics = try await engine.statistics(ofCatalogue: catalogue.name)
                    documents.append(CatalogueDocument(catalogue: catalogue, statistics: statistics))
                }
            } catch let error as StoreError where error.code == .unknownCatalogue {
                continue
            }
        }
        return documents
    }
}
