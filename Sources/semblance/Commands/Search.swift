import ArgumentParser
import SemblanceCore
import SemblanceEngine

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the images most like an image.",
        discussion: """
            EXAMPLES
              semblance search photo.jpg
              semblance search photo.jpg --k 50 --min-score 0.6 --filter 'category=chair,price<200'
              semblance search photo.jpg --region 0.25,0.25,0.5,0.5
              semblance search bedroom.jpg --minus bed.jpg
            """)

    @Argument(help: "The image to search with; several are combined.", completion: .file())
    var images: [String]

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name.")
    var catalogue = Catalogue.defaultName

    @Option(name: [.long, .customShort("m")], help: "The model; by default the catalogue's own.")
    var model: String?

    @Option(name: .customLong("k"), help: "Results to return, 1 to 1,000,000.")
    var limit = 10

    @Option(help: "Results to skip before the first.")
    var offset = 0

    @Option(
        help: ArgumentHelp("The part of the image to look at, in fractions of it.", valueName: "x,y,w,h"),
        transform: Parsed.region)
    var region: Region?

    @Option(
        help: ArgumentHelp(
            "Only images whose metadata meets this: key=value, <, <=, >, >=, !=, joined by commas.",
            valueName: "condition"),
        transform: Parsed.filter)
    var filter: MetadataFilter?

    @Option(
        name: .customLong("min-score"),
        help: ArgumentHelp("Leave out results with a lower cosine similarity.", valueName: "s"))
    var minimumScore: Float?

    @Option(help: ArgumentHelp("An image to steer away from.", valueName: "image"), completion: .file())
    var minus: [String] = []

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard !images.isEmpty else { throw ValidationError("Name an image to search with.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, command.engineOptions.settings, access: .read)
            let response = try await app.engine.search(command.request)
            Console(command.options).print(SearchDocument(response: response), text: command.text(for: response))
        }
    }

    private var request: SearchRequest {
        SearchRequest(
            catalogue: catalogue, modelID: model,
            terms: images.map { SearchTerm(.file(path: $0), region: region, name: $0) }
                + minus.map { SearchTerm(.file(path: $0), weight: -1, name: $0) },
            limit: limit, offset: offset, filter: filter, minimumScore: minimumScore)
    }

    private func text(for response: SearchResponse) -> String {
        guard !response.matches.isEmpty else { return "Nothing found in catalogue '\(response.catalogue)'." }
        return response.matches.map { match in
            "\(Double(match.score).text(decimals: 4))  \(match.image.pathOrName)"
        }.joined(separator: "\n")
    }
}

extension CatalogueImage {
    /// Where the user keeps it, or the name of an upload.
    var pathOrName: String {
        if case .inPlace(let path) = location { path } else { name }
    }
}
