import ArgumentParser
import SemblanceCore
import SemblanceEngine

struct Duplicates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show groups of images that look alike.",
        discussion: """
            EXAMPLES
              semblance duplicates --catalogue photos --threshold 0.97
            """)

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name.")
    var catalogue = Catalogue.defaultName

    @Option(name: [.long, .customShort("m")], help: "The model; by default the catalogue's own.")
    var model: String?

    @Option(help: "The lowest cosine similarity between a group's first image and its others.")
    var threshold: Float = 0.95

    @Option(help: "Groups to show at most.")
    var limit = 1000

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, command.engineOptions.settings, access: .read)
            let found = try await app.engine.duplicates(
                inCatalogue: command.catalogue, modelID: command.model, minimumScore: command.threshold,
                limit: command.limit)
            command.print(found)
        }
    }

    private func print(_ found: DuplicateSearch) {
        let groups = found.groups
        let json = JSONValue.object([
            "catalogue": .string(catalogue), "threshold": .number(Double(threshold)),
            "truncated": .bool(found.isTruncated),
            "groups": .array(
                groups.map {
                    .object([
                        "score": .number(Double($0.score)), "images": .array($0.images.map(\.commandLineJSON)),
                    ])
                }),
        ])
        let blocks = groups.map { group in
            "\(group.images.count) images, similarity at least \(Double(group.score).text(decimals: 4))\n"
                + group.images.map { "  \($0.pathOrName)" }.joined(separator: "\n")
        }
        if found.isTruncated {
            Console.note(
                "semblance: more than \(Engine.maximumPairCount) pairs are this similar, and only the most similar ones were "
                    + "looked at; a higher --threshold sees all.")
        }
        Console(options).print(json, text: blocks.isEmpty ? "No duplicates." : blocks.joined(separator: "\n\n"))
    }
}
