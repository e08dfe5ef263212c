import ArgumentParser
import SemblanceCore
import SemblanceVision

struct ShowModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a model: licence, source, hashes and preprocessing.",
        discussion: """
            EXAMPLES
              semblance models show efficientnet-lite0
              semblance models show sscd-int8 --json | jq -r .licence_terms
            """)

    @Argument(help: "The model's id, or another of its names.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let models = try Vision.build(for: command.options).models
            let manifest = try models.manifest(for: command.id)
            let json = manifest.commandLineJSON(path: try models.weightsPath(for: command.id))
            Console(command.options).print(json, text: json.indented)
        }
    }
}
