import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List catalogues, or the images of one.",
        discussion: """
            EXAMPLES
              semblance list                              the catalogues
              semblance list --catalogue demo --filter category=Bathroom
            """)

    @Option(name: [.long, .customShort("c")], help: "List this catalogue's images.")
    var catalogue: String?

    @Option(
        help: ArgumentHelp("Only images whose metadata meets this.", valueName: "condition"),
        transform: Parsed.filter)
    var filter: MetadataFilter?

    @Option(help: "Images to list at most.")
    var limit = 1000

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
        guard catalogue != nil || filter == nil else { throw ValidationError("--filter needs --catalogue.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            if let name = command.catalogue {
                try await command.listImages(of: name, app.engine)
            } else {
                try await command.listCatalogues(app.engine)
            }
        }
    }

    private func listCatalogues(_ engine: Engine) async throws {
        var items: [(catalogue: Catalogue, statistics: CatalogueStatistics)] = []
        for catalogue in try await engine.catalogues() {
            items.append((catalogue, try await engine.statistics(ofCatalogue: catalogue.name)))
        }
        Console(options).printList(
            items, named: "catalogues", header: ["CATALOGUE", "IMAGES", "SIZE", "MODEL"],
            row: { [$0.name, "\($1.imageCount)", $1.byteCount.bytesText, $0.modelID] },
            json: {
                [
                    "name": .string($0.name), "model": .string($0.modelID),
                    "images": .number(Double($1.imageCount)), "bytes": .number(Double($1.byteCount)),
                ]
            }, emptyText: "There is no catalogue yet: semblance index FOLDER")
    }

    private func listImages(of name: String, _ engine: Engine) async throws {
        var images: [CatalogueImage] = []
        var cursor: CatalogueImage.ID?
        var total = 0
        repeat {
            let page = try await engine.images(
                inCatalogue: name, matching: filter, after: cursor,
                limit: min(limit - images.count, Engine.maximumPageSize))
            images += page.images
            total = page.total
            cursor = page.next
        } while cursor != nil && images.count < limit
        let json = JSONValue.object([
            "catalogue": .string(name), "total": .number(Double(total)),
            "images": .array(images.map(\.commandLineJSON)),
        ])
        var lines = images.map { "\($0.hash.hexadecimal.prefix(12))  \($0.pathOrName)" }
        if total > images.count { lines.append("… \(images.count) of \(total); --limit shows more.") }
        Console(options).print(json, text: lines.isEmpty ? "No images." : lines.joined(separator: "\n"))
    }
}
