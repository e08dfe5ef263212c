import ArgumentParser
import SemblanceCore
import SemblanceEngine

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the images most like an image, or what a text says.",
        discussion: """
            EXAMPLES
              semblance search photo.jpg
              semblance search photo.jpg --k 50 --min-score 0.6 --filter 'category=chair,price<200'
              semblance search photo.jpg --region 0.25,0.25,0.5,0.5
              semblance search bedroom.jpg --minus bed.jpg
              semblance search --text "red chair" --minus-text "armrests"
              semblance search sofa.jpg --text "in green leather" --weights 1,0.5

            Several images and texts are combined: a weighted sum of their embeddings. Texts need a model that knows \
            them; 'semblance models list --json' says which do ("text").
            """)

    @Argument(help: "The image to search with; several are combined.", completion: .file())
    var images: [String] = []

    @Option(
        help: ArgumentHelp("What the images should show, in words; may be given several times.", valueName: "words"))
    var text: [String] = []

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name.")
    var catalogue = Catalogue.defaultName

    @Option(name: [.long, .customShort("m")], help: "The model; by default the catalogue's own.")
    var model: String?

    @Option(name: .customLong("k"), parsing: .unconditional, help: "Results to return, 1 to 1,000,000.")
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
        name: .customLong("min-score"), parsing: .unconditional,
        help: ArgumentHelp("Leave out results with a lower cosine similarity.", valueName: "s"))
    var minimumScore: Float?

    @Option(help: ArgumentHelp("An image to steer away from.", valueName: "image"), completion: .file())
    var minus: [String] = []

    @Option(
        name: .customLong("minus-text"),
        help: ArgumentHelp("What to steer away from, in words.", valueName: "words"))
    var minusTexts: [String] = []

    @Option(
        help: ArgumentHelp(
            "A weight for each image and then for each --text, with commas between; by default 1. A negative one steers "
                + "away (--weights=-1,1). --minus and --minus-text count as -1.", valueName: "w,w"),
        transform: Parsed.weights)
    var weights: [Float]?

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard !images.isEmpty || !text.isEmpty else {
            throw ValidationError("Name an image to search with, or say what it shows with --text.")
        }
        if let weights, weights.count != images.count + text.count {
            throw ValidationError(
                "--weights needs one for each image and each --text: expected \(images.count + text.count), "
                    + "not \(weights.count).")
        }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, command.engineOptions.settings, access: .read)
            let response = try await app.engine.search(command.request)
            for warning in response.warnings { Console.note("semblance: \(warning)") }
            Console(command.options).print(SearchDocument(response: response), text: command.text(for: response))
        }
    }

    private var request: SearchRequest {
        SearchRequest(
            catalogue: catalogue, modelID: model, terms: plusTerms + minusTerms, limit: limit, offset: offset,
            filter: filter, minimumScore: minimumScore)
    }

    private var plusTerms: [SearchTerm] {
        var terms = images.map { SearchTerm(.file(path: $0), region: region, name: $0) }
        terms += text.map { SearchTerm(.text($0)) }
        for (index, weight) in (weights ?? []).enumerated() { terms[index].weight = weight }
        return terms
    }

    private var minusTerms: [SearchTerm] {
        minus.map { SearchTerm(.file(path: $0), weight: -1, name: $0) }
            + minusTexts.map { SearchTerm(.text($0), weight: -1) }
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
