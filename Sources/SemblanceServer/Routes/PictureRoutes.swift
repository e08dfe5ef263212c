import Hummingbird
import SemblanceCore
import SemblanceEngine

/// An image's bytes: the original and the thumbnail.
struct PictureRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }
    private static let base = "/v1/catalogues/{catalogue}/images/{image}"

    var endpoints: [Endpoint] {
        let types = ImageFormat.allCases.map(\.mediaType)
        return [
            Endpoint(
                .get, Self.base + "/original", scope: .read,
                Operation(
                    "getOriginal", .images, "The image as it came in.", answer: .other(types, "The file's bytes.")),
                respond: original),
            Endpoint(
                .get, Self.base + "/original/{name}", scope: .read,
                Operation(
                    "getNamedOriginal", .images, "The image as it came in, under a path that ends in its name.",
                    answer: .other(types, "The file's bytes.")),
                respond: original),
            Endpoint(
                .get, Self.base + "/thumbnail", scope: .read,
                Operation(
                    "getThumbnail", .images, "A small version, made when it is first asked for.",
                    answer: .other(["image/webp"], "WebP, its longest side 320 pixels."), errors: [413, 415, 422]),
                respond: thumbnail),
        ]
    }

    private func original(_ request: Request, _ context: ServerContext) async throws -> Response {
        let (catalogue, id) = try context.imagePath()
        let image = try await engine.image(id, inCatalogue: catalogue)
        // First: an answer that nothing has changed must be true, too.
        let file = try await engine.openOriginal(of: image)
        let picture = PictureResponse(
            mediaType: image.header.format.mediaType, tag: image.hash.hexadecimal,
            isImmutable: image.location == .stored, name: image.name)
        return try await picture.response(to: request) { file.responseBody }
    }

    private func thumbnail(_ request: Request, _ context: ServerContext) async throws -> Response {
        let (catalogue, id) = try context.imagePath()
        let image = try await engine.image(id, inCatalogue: catalogue)
        let path = try await engine.thumbnailPath(of: image)
        let picture = PictureResponse(
            mediaType: "image/webp", tag: image.hash.hexadecimal + "-t", isImmutable: true, name: nil)
        return try await picture.response(to: request) {
            try await services.files.loadFile(path: path, context: context)
        }
    }
}
