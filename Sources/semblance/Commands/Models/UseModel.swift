import ArgumentParser
import SemblanceCore
import SemblanceEngine

/// `models use`.
struct UseModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: "Change the model that a catalogue's searches use.",
        discussion: """
            Refused while images lack an embedding of it; 'models reembed' makes them. While 'serve' runs, its API does \
            this: PATCH /v1/catalogues/NAME.

            EXAMPLES
              semblance models use resnet50 --catalogue products
            """)

    @Argument(help: "The model's id.")
    var id: String

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name.")
    var catalogue = Catalogue.defaultName

    @Flag(help: "Even if images lack an embedding; searches do not find those.")
    var force = false

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, command.engineOptions.settings, access: .write)
            let catalogue = try await app.engine.useModel(
                command.id, ofCatalogue: command.catalogue, isForced: command.force)
            Console(command.options).print(
                ["catalogue": .string(catalogue.name), "model": .string(catalogue.modelID)],
                text: "catalogue '\(catalogue.name)' now uses '\(catalogue.modelID)'")
        }
    }
}
