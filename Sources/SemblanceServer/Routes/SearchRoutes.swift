import Foundation
import HTTPTypes
import Hummingbird
import SemblanceCore
import SemblanceEngine

/// `/v1/catalogues/{catalogue}/search` and `/duplicates`.
struct SearchRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/catalogues/{catalogue}/search", scope: .read,
                Operation(
                    "search", .search, "Find images that look like an image, or show what a text says.",
                    detail:
                        "As a form with image files in `image` and words in `text`, and in `minus` and `minus_text` "
                        + "what to steer away from; or as JSON with texts, images of the catalogue, URLs, vectors or "
                        + "Base64, each with a weight. Several are combined. Texts need a model with `text`.",
                    body: .either(json: Schema.reference("SearchBody"), form: SearchForm.schema),
                    answer: .json(
                        Schema.reference("SearchResult"), "Results, nearest first.",
                        headers: ["Server-Timing": "Milliseconds for decoding and the engine, and for all of it."]),
                    errors: [409, 422]),
                respond: search),
            Endpoint(
                .get, "/v1/catalogues/{catalogue}/duplicates", scope: .read,
                Operation(
                    "findDuplicates", .search, "Groups of images that look the same.",
                    detail: "With more than \(Engine.maximumPairCount) similar pairs the least similar ones are not "
                        + "looked at and `truncated` is true; a higher `min_score` sees all.",
                    query: [
                        Parameter(
                            "min_score", Schema.number(0...1, default: 0.95),
                            "Every image of a group is at least this similar to its first."),
                        Parameter("limit", Schema.integer(1...10_000, default: 100), "Groups to return."),
                        Parameter("model", Schema.string(), "By default the catalogue's."),
                    ],
                    answer: .json(
                        Schema.object([
                            "model": Schema.string(), "truncated": Schema.boolean,
                            "groups": Schema.list(Schema.reference("DuplicateGroup")),
                        ]), "Groups, largest first."),
                    errors: [409]),
                respond: duplicates),
        ]
    }

    private func search(_ request: Request, _ context: ServerContext) async throws -> Response {
        let catalogue = try context.pathParameter("catalogue")
        guard request.mediaType == "multipart/form-data" else {
            let body = try await services.jsonBody(of: request)
            return try await answer(try SearchBody.request(body, catalogue: catalogue), context)
        }
        // Before megabytes are received for nothing.
        _ = try await engine.catalogue(named: catalogue)
        let form = try await services.uploads.receive(
            request, for: context.client, rules: SearchForm.rules(engine.configuration))
        do {
            let response = try await answer(try SearchForm.request(form, catalogue: catalogue), context)
            await services.uploads.discard(form)
            return response
        } catch {
            await services.uploads.discard(form)
            throw error
        }
    }

    private func answer(_ request: SearchRequest, _ context: ServerContext) async throws -> Response {
        let found =
            request.namesURLs
            ? try await services.fetching.search(request, with: engine, for: context.client)
            : try await engine.search(request)
        services.metrics.countSearch(took: found.took, preparing: found.preparing)
        let links = ImageLinks(catalogue: found.catalogue)
        var response = Response.json(
            members: {
                $0.member("model", found.modelID)
                $0.member("catalogue", found.catalogue)
                $0.member("took_ms", found.took.milliseconds)
                $0.member("warnings", found.warnings)
            }, list: "results", of: found.matches.map { MatchDocument(match: $0, links: links) })
        response.headers[.serverTiming] =
            "prepare;dur=\(found.preparing.milliseconds), total;dur=\(found.took.milliseconds)"
        return response
    }

    private func duplicates(_ request: Request, _ context: ServerContext) async throws -> Response {
        let query = try Query(request)
        let name = try context.pathParameter("catalogue")
        let limit = try query.integer("limit") ?? 100
        guard (1...10_000).contains(limit) else {
            throw RequestError(.invalidLimit, "'limit' is 1 to 10,000 groups, not \(limit).")
        }
        let model = if let named = query["model"] { named } else { try await engine.catalogue(named: name).modelID }
        let score = try Parsing.score(try query.number("min_score"), in: 0...1) ?? 0.95
        let found = try await services.comparisons.hold(for: context.client) {
            try await engine.duplicates(inCatalogue: name, modelID: model, minimumScore: score, limit: limit)
        }
        let links = ImageLinks(catalogue: name)
        return .json(
            members: {
                $0.member("model", model)
                $0.member("truncated", found.isTruncated)
            }, list: "groups",
            of: found.groups.map { DuplicateGroupDocument(group: $0, links: links) })
    }
}

extension Duration {
    /// With three digits after the point.
    var milliseconds: Double { (self / .microseconds(1)).rounded() / 1000 }
}

extension HTTPField.Name {
    static let serverTiming = HTTPField.Name("Server-Timing")!
}
