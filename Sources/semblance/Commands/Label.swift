import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct Label: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name what images show, out of classes given in words.",
        discussion: """
            Needs a model that knows texts; 'semblance models list --json' says which do ("text"). A class's score is its \
            cosine similarity with the image, its probability is among the classes named.

            EXAMPLES
              semblance label photo.jpg --classes cat,dog,horse
              semblance label *.jpg --classes chair,table --prompt "a product photo of a {}" --k 1 --json
            """)

    @Argument(help: "Images.", completion: .file())
    var images: [String]

    @Option(
        help: ArgumentHelp("Classes, with commas between; may be given several times.", valueName: "a,b,c"))
    var classes: [String] = []

    @Option(help: ArgumentHelp("A text with {} where the class goes.", valueName: "text"))
    var prompt = ZeroShotLabels.defaultPrompt

    @Option(name: .customLong("k"), parsing: .unconditional, help: "Classes to print for an image, likeliest first.")
    var limit = 5

    @Option(name: [.long, .customShort("m")], help: "The model; by default the registry's.")
    var model: String?

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    private var classNames: [String] { classes.flatMap(ZeroShotLabels.classes) }

    func validate() throws {
        guard !images.isEmpty else { throw ValidationError("Name at least one image.") }
        guard !classes.isEmpty else { throw ValidationError("Name classes with --classes, such as cat,dog.") }
        guard limit > 0 else { throw ValidationError("--k is 1 or more.") }
        do {
            _ = try ZeroShotLabels.texts(for: classNames, prompt: prompt)
        } catch let error as RequestError {
            throw ValidationError(error.message)
        }
    }

    func run() async throws {
        let command = self
        let failedCount = try await semblance.run(options) { try await command.label() }
        if failedCount > 0 { throw ExitCode.someFilesFailed }
    }

    private func label() async throws -> Int {
        let vision = try Vision.build(engineOptions.settings, for: options)
        let modelID = model ?? vision.models.defaultModelID
        // First: it says which models know texts before anything is computed.
        let textEmbedder = try await vision.models.textEmbedder(for: modelID)
        let embedder = try await vision.models.embedder(for: modelID)
        let known = try await ZeroShotLabels(
            classes: classNames, prompt: prompt, embedder: textEmbedder, embedding: vision.makeTextEmbedding())
        for warning in known.warnings { Console.note("semblance: \(warning)") }
        let embedding = vision.makeEmbedding()
        var labelled = LabelledImages(model: known.model)
        for path in images {
            try Task.checkCancellation()
            do {
                let image = try await embedding.embed(fileAt: path, region: nil, with: embedder)
                labelled.images.append((path, known.labels(for: image, limit: limit)))
            } catch let error as ImageError {
                labelled.failures.append(FileFailure(path: path, error: error))
            }
        }
        for failure in labelled.failures { Console.note("\(failure.path): \(failure.message)") }
        Console(options).print(labelled.json, text: labelled.text)
        return labelled.failures.count
    }
}

/// What `label` prints.
private struct LabelledImages {
    let model: ModelVersion
    var images: [(path: String, labels: [ScoredLabel])] = []
    var failures: [FileFailure] = []

    init(model: ModelVersion) {
        self.model = model
    }

    /// `{"model", "images": [{"path", "labels": [{"label", "score", "probability"}]}]}`, and `failures` if any.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "model": .string(model.modelID),
            "images": .array(
                images.map { image in
                    ["path": .string(image.path), "labels": .array(image.labels.map(\.commandLineJSON))]
                }),
        ]
        if !failures.isEmpty { members["failures"] = .array(failures.map(\.commandLineJSON)) }
        return .object(members)
    }

    /// A line for each class: probability, score, class, file.
    var text: String {
        images.flatMap { image in
            image.labels.map { label in
                "\((label.probability * 100).text(decimals: 1)) %  \(Double(label.score).text(decimals: 4))  "
                    + "\(label.name)  \(image.path)"
            }
        }.joined(separator: "\n")
    }
}

extension ScoredLabel {
    fileprivate var commandLineJSON: JSONValue {
        ["label": .string(name), "score": .number(Double(score)), "probability": .number(probability)]
    }
}
