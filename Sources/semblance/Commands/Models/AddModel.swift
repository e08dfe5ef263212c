import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceVision

struct AddModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a model from a weights file of yours.",
        discussion: """
            The file is a checkpoint (PyTorch or safetensors) or an ONNX model. Its family is recognised by its tensors, \
            it is loaded once to prove it, and a copy goes into the data folder. A file that a known model would have \
            pulled becomes that model's weights.

            EXAMPLES
              semblance models add resnet50.pth
              semblance models add open_clip_model.safetensors --id clip --activation quick_gelu
              semblance models add tower.onnx --pool cls --size 224
            """)

    @Argument(help: "The weights file.", completion: .file())
    var file: String

    @Option(help: "The id to use everywhere; by default the file's name.")
    var id: String?

    @Option(help: "The family, where the tensors do not tell it.")
    var family: String?

    @Option(help: "The member of the family, where the tensors' shapes do not tell it.")
    var variant: String?

    @Option(help: "The nonlinearity of a transformer: gelu or quick_gelu.")
    var activation: NetworkOptions.Activation?

    @Option(name: .customLong("pool"), help: "How the last features become one vector: cls, mean or gem.")
    var pooling: NetworkOptions.Pooling?

    @Option(help: "Components of one attention head of a transformer, where they are not 64.")
    var headWidth: Int?

    @Option(help: "The value of an ONNX graph that is the embedding, by name.")
    var output: String?

    @Option(help: "Width and height of the input in pixels.")
    var size: Int?

    @Option(help: "The licence of the weights, for people.")
    var licence: String?

    @Option(help: "One sentence about the model, for people.")
    var summary: String?

    @Flag(name: .customLong("replace"), help: "Let it take the place of another added model of this id.")
    var isReplacing = false

    @Flag(name: .customLong("accept-licence"), help: "Say that you have read and accept the licence of a known model.")
    var acceptsLicence = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            // Made if it is missing: the model will belong to it.
            _ = try command.options.makeDataFolder()
            let models = try Vision.build(for: command.options).models
            let added = try await models.add(command.addition)
            let path = try models.weightsPath(for: added.manifest.modelID) ?? ""
            Console(command.options).print(
                [
                    "model": .string(added.manifest.modelID), "outcome": .string(added.outcome.rawValue),
                    "family": .string(added.manifest.family), "dimension": .number(Double(added.manifest.dimension)),
                    "text": .bool(added.manifest.tokenizer != nil), "path": .string(path),
                    "notes": .array(added.manifest.notes.map(JSONValue.string)),
                ],
                text: Self.text(added))
        }
    }

    private var addition: ModelAddition {
        ModelAddition(
            path: URL(fileURLWithPath: file).standardizedFileURL.path, modelID: id, family: family,
            options: NetworkOptions(
                variant: variant, activation: activation, pooling: pooling, headWidth: headWidth, output: output),
            size: size, licence: licence, summary: summary, isReplacing: isReplacing, acceptsLicence: acceptsLicence)
    }

    private static func text(_ added: AddedModel) -> String {
        let id = added.manifest.modelID
        var what = "\(added.manifest.family), \(added.manifest.dimension) dimensions"
        if added.manifest.tokenizer != nil { what += ", texts too" }
        let summary =
            switch added.outcome {
            case .added: "\(id) is added: \(what). Index with it: semblance index FOLDER --model \(id)"
            case .unchanged: "\(id) is there already: \(what). Nothing has changed."
            case .replaced: "\(id) is replaced: \(what). It is another version: index its images again."
            case .recognised: "This is \(id): \(what). Its weights are in place."
            }
        return ([summary] + added.manifest.notes).joined(separator: "\n")
    }
}

extension NetworkOptions.Activation: ExpressibleByArgument {}
extension NetworkOptions.Pooling: ExpressibleByArgument {}
