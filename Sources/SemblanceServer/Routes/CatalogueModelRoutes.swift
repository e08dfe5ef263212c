import Hummingbird
import SemblanceCore
import SemblanceEngine

/// What changes in a catalogue: its model, and the keys that it declares filterable.
struct CatalogueModelRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .patch, "/v1/catalogues/{catalogue}", scope: .admin,
                Operation(
                    "changeCatalogue", .catalogues,
                    "Change the model that a catalogue's searches use, or the keys that they filter by.",
                    detail:
                        "A model is refused while images lack an embedding of it, unless `force` is true: searches do "
                        + "not find those then. `filterable_keys` replaces the declared keys; other keys can be "
                        + "filtered by, too.",
                    body: .json(
                        Schema.object(
                            [
                                "model": Schema.string(lengths: 1...255), "force": Schema.boolean,
                                "filterable_keys": Schemas.filterableKeys,
                            ], required: [])),
                    answer: .json(Schema.reference("CatalogueDetail"), "The catalogue."), errors: [409]),
                respond: change),
            Endpoint(
                .post, "/v1/catalogues/{catalogue}/reembed", scope: .admin,
                Operation(
                    "reembedCatalogue", .catalogues, "Embed a catalogue's images with another model, then use that.",
                    detail:
                        "Searches go on with the old model until every image has an embedding of the new one; then the "
                        + "catalogue is switched in one step. `from` is the model that the catalogue is expected to "
                        + "have. With `switch` false it keeps its model; `discard` deletes the old embeddings after "
                        + "the switch.",
                    body: .json(
                        Schema.object(
                            [
                                "to": Schema.string(lengths: 1...255), "from": Schema.string(lengths: 1...255),
                                "switch": Schema.boolean, "discard": Schema.boolean,
                            ], required: ["to"])),
                    answer: .json(
                        Schema.object(["job": Schema.reference("Job")]), "The job that embeds them.", status: 202,
                        headers: ["Location": "The job's path."]),
                    errors: [409]),
                respond: reembed),
        ]
    }

    private func change(_ request: Request, _ context: ServerContext) async throws -> Response {
        let name = try context.pathParameter("catalogue")
        let body = try await services.jsonBody(of: request)
        try body.checkNames(["model", "force", "filterable_keys"])
        let (model, keys) = (try body.string("model"), try body.strings("filterable_keys"))
        let isForced = try body.boolean("force") ?? false
        guard model != nil || keys != nil else { throw body.missing("model") }
        // What is wrong with the keys must not leave the model changed.
        if let keys { _ = try Catalogue.filterableKeys(keys) }
        if let model { _ = try await engine.useModel(model, ofCatalogue: name, isForced: isForced) }
        if let keys { _ = try await engine.setFilterableKeys(keys, ofCatalogue: name) }
        return .json(try await CatalogueDocument(detailed: try await engine.catalogue(named: name), of: engine))
    }

    private func reembed(_ request: Request, _ context: ServerContext) async throws -> Response {
        let name = try context.pathParameter("catalogue")
        let body = try await services.jsonBody(of: request)
        try body.checkNames(["to", "from", "switch", "discard"])
        guard let model = try body.string("to") else { throw body.missing("to") }
        let switches = try body.boolean("switch") ?? true
        let discards = try body.boolean("discard") ?? false
        guard switches || !discards else {
            throw RequestError(
                .invalidQuery, "Old embeddings can be discarded only after the switch: leave out 'switch' or 'discard'."
            )
        }
        let work = try await engine.reembedWork(
            forCatalogue: name, from: try body.string("from"), to: model,
            switching: switches ? .whenComplete : .never, discards: discards)
        return .accepted(try await engine.submit(.reembed(work)))
    }
}
