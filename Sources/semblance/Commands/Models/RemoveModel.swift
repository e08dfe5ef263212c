import ArgumentParser
import SemblanceCore
import SemblanceVision

struct RemoveModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a model that was added.",
        discussion: """
            Embeddings that catalogues have of it stay, unused, until their images are removed.

            EXAMPLES
              semblance models remove clip
              semblance models remove clip --force        though a catalogue uses it
            """)

    @Argument(help: "The model's id.")
    var id: String

    @Flag(name: .customLong("force"), help: "Remove it even though a catalogue uses it.")
    var isForced = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            if !command.isForced, app.models.hasAdded(command.id) { try await command.checkUse(in: app) }
            let removed = try await app.models.removeAdded(command.id)
            Console(command.options).print(["removed": .string(removed)], text: "\(removed) is removed.")
        }
    }

    /// - Throws: `model-in-use`, naming the catalogues.
    private func checkUse(in app: App) async throws {
        let modelID = (try? app.models.manifest(for: id).modelID) ?? id
        var users: [String] = []
        for catalogue in try await app.engine.catalogues() {
            let counts = try await app.engine.statistics(ofCatalogue: catalogue.name).embeddingCounts
            if catalogue.modelID == modelID || counts[modelID, default: 0] > 0 { users.append(catalogue.name) }
        }
        guard users.isEmpty else {
            let names = users.map { "'\($0)'" }.joined(separator: ", ")
            throw ModelError(
                .inUse,
                "The model '\(modelID)' is used by \(users.count == 1 ? "the catalogue" : "the catalogues") \(names). "
                    + "Nothing was removed; --force removes it all the same.")
        }
    }
}
