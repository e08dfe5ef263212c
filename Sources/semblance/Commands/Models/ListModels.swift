import ArgumentParser
import SemblanceCore
import SemblanceVision

struct ListModels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List every model that is known.",
        discussion: """
            EXAMPLES
              semblance models list
              semblance models list --json | jq -r '.models[] | select(.text) | .id'
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let registry = try Vision.build(for: command.options).models
            let models = registry.models()
            Console(command.options).print(
                ["models": .array(models.map(\.commandLineJSON)), "default": .string(registry.defaultModelID)],
                text: Self.table(of: models))
        }
    }

    private static func table(of models: [ModelDescription]) -> String {
        var table = Table(["MODEL", "DIMENSION", "SIZE", "TEXT", "LICENCE", "WEIGHTS", "WHAT IT IS"])
        for model in models {
            table.append([
                model.modelID + (model.isDefault ? " *" : ""), "\(model.dimension)", model.byteCount?.bytesText ?? "?",
                model.hasText ? "yes" : "no", model.licence, model.state == .missing ? "not here" : "here",
                model.summary,
            ])
        }
        return table.text
    }
}
