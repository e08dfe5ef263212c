import Hummingbird
import SemblanceCore
import SemblanceEngine

/// `/v1/catalogues/{catalogue}/images`: what is in a catalogue.
struct ImageRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }
    private static let base = "/v1/catalogues/{catalogue}/images"

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.base, scope: .read,
                Operation(
                    "listImages", .images, "List images in the order in which they were added.",
                    query: [
                        Parameter(
                            "limit", Schema.integer(1...Engine.maximumPageSize, default: 50), "Images of a page."),
                        Parameter(
                            "cursor", Schema.string(pattern: "^[0-9a-z]{0,12}$"),
                            "Where a page starts: `next_cursor` of the one before."),
                        .filter,
                    ], answer: .json(Schema.reference("ImagePage"), "A page.")),
                respond: list),
            Endpoint(
                .get, Self.base + "/{image}", scope: .read,
                Operation(
                    "showImage", .images, "Show an image's data.",
                    answer: .json(Schema.reference("Image"), "The image.")),
                respond: show),
            Endpoint(
                .patch, Self.base + "/{image}", scope: .write,
                Operation(
                    "updateImage", .images, "Change an image's metadata.",
                    detail: "The metadata is a JSON merge patch (RFC 7396): `null` removes a member.",
                    body: .json(Schema.object(["metadata": Schema.object])),
                    answer: .json(Schema.reference("Image"), "The image as it is now.")),
                respond: update),
            Endpoint(
                .delete, Self.base + "/{image}", scope: .write,
                Operation("deleteImage", .images, "Remove an image from the catalogue.", answer: .nothing),
                respond: delete),
        ]
    }

    private func list(_ request: Request, _ context: ServerContext) async throws -> Response {
        let query = try Query(request)
        let catalogue = try context.pathParameter("catalogue")
        let page = try await engine.images(
            inCatalogue: catalogue, matching: try Parsing.filter(query["filter"]), after: try cursor(query["cursor"]),
            limit: try query.integer("limit") ?? 50)
        let links = ImageLinks(catalogue: catalogue)
        return .json {
            $0.member("images", page.images.map { ImageDocument(image: $0, links: links) })
            $0.member("total", page.total)
            $0.member("next_cursor", page.next.map { String($0.rawValue, radix: 36) })
        }
    }

    private func cursor(_ text: String?) throws -> CatalogueImage.ID? {
        guard let text else { return nil }
        guard text.utf8.count <= 12, text.allSatisfy({ ("0"..."9").contains($0) || ("a"..."z").contains($0) }),
            let number = Int64(text, radix: 36)
        else {
            throw RequestError(.invalidQuery, "'cursor' is what 'next_cursor' of the page before said.")
        }
        return CatalogueImage.ID(rawValue: number)
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        let (catalogue, id) = try context.imagePath()
        let image = try await engine.image(id, inCatalogue: catalogue)
        return .json(ImageDocument(image: image, links: ImageLinks(catalogue: catalogue)))
    }

    private func update(_ request: Request, _ context: ServerContext) async throws -> Response {
        let (catalogue, id) = try context.imagePath()
        let body = try await services.jsonBody(of: request)
        try body.checkNames(["metadata"])
        guard let patch = try body.object("metadata") else { throw body.missing("metadata") }
        let image = try await engine.updateMetadata(patch, of: id, inCatalogue: catalogue)
        return .json(ImageDocument(image: image, links: ImageLinks(catalogue: catalogue)))
    }

    private func delete(_ request: Request, _ context: ServerContext) async throws -> Response {
        let (catalogue, id) = try context.imagePath()
        try await engine.deleteImage(id, inCatalogue: catalogue)
        return Response(status: .noContent)
    }
}

extension ServerContext {
    func imagePath() throws -> (catalogue: String, id: String) {
        (try pathParameter("catalogue"), try pathParameter("image"))
    }
}

extension Parameter {
    static let filter = Parameter(
        "filter", Schema.string(),
        "Only images whose metadata meets this: `category=chair,price<20`, or JSON such as `{\"price\": {\"$lt\": 20}}`."
    )
}
