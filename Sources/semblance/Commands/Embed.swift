import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct Embed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print or write images' embeddings.",
        discussion: """
            EXAMPLES
              semblance embed photo.jpg --json
              semblance embed *.jpg --output vectors.npy      one row an image, Float32
            """)

    @Argument(help: "Images.", completion: .file())
    var images: [String]

    @Option(name: [.long, .customShort("m")], help: "The model; by default the registry's.")
    var model: String?

    @Option(
        name: [.long, .customShort("o")],
        help: ArgumentHelp("Write here instead: .npy or .json, by the file's ending.", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(
        help: ArgumentHelp("The part of the images to look at, in fractions.", valueName: "x,y,w,h"),
        transform: Parsed.region)
    var region: Region?

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard !images.isEmpty else { throw ValidationError("Name at least one image.") }
        if let output, !output.hasSuffix(".npy"), !output.hasSuffix(".json") {
            throw ValidationError("--output ends in .npy or .json.")
        }
    }

    func run() async throws {
        let command = self
        let failedCount = try await semblance.run(options) { try await command.embed() }
        if failedCount > 0 { throw ExitCode.someFilesFailed }
    }

    private func embed() async throws -> Int {
        let vision = try Vision.build(engineOptions.settings, for: options)
        let embedder = try await vision.models.embedder(for: model ?? vision.models.defaultModelID)
        let embedding = vision.makeEmbedding()
        var embedded: [(path: String, embedding: Embedding)] = []
        var failures: [FileFailure] = []
        for path in images {
            try Task.checkCancellation()
            do {
                embedded.append((path, try await embedding.embed(fileAt: path, region: region, with: embedder)))
            } catch let error as ImageError {
                failures.append(FileFailure(path: path, error: error))
            }
        }
        for failure in failures { Console.note("\(failure.path): \(failure.message)") }
        try write(embedded, failures, embedder.version)
        return failures.count
    }

    private func write(
        _ embedded: [(path: String, embedding: Embedding)], _ failures: [FileFailure], _ model: ModelVersion
    ) throws {
        let text = EmbeddingText(model: model, embedded: embedded, failures: failures)
        if let output {
            let isNumPy = output.hasSuffix(".npy")
            try save(
                isNumPy
                    ? NumPyArray.encode(embedded.map(\.embedding.values), columns: model.dimension)
                    : Array(text.json.utf8), to: output)
            Console(options).print(
                [
                    "model": .string(model.modelID), "dim": .number(Double(model.dimension)),
                    "output": .string(output), "paths": .array(embedded.map { .string($0.path) }),
                    "failures": .array(failures.map(\.commandLineJSON)),
                ],
                text: "\(embedded.count) × \(model.dimension) written to \(output)")
            return
        }
        Console.write((options.printsJSON ? text.json : text.lines) + "\n", to: STDOUT_FILENO)
    }

    private func save(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.notWritable, "'\(path)' could not be written.", underlying: error)
        }
    }
}

/// Embeddings as text. Floats are printed as the shortest text that reads back to the same Float32.
private struct EmbeddingText {
    let model: ModelVersion
    let embedded: [(path: String, embedding: Embedding)]
    let failures: [FileFailure]

    /// `{"model", "dim", "embeddings": [{"path", "vector": […]}]}`, and `failures` if there are any.
    var json: String {
        let items = embedded.map { item in
            "{\"path\":\(JSONValue.string(item.path).text),\"vector\":[\(values(item.embedding))]}"
        }
        var text = "{\"model\":\(JSONValue.string(model.modelID).text),\"dim\":\(model.dimension)"
        text += ",\"embeddings\":[\(items.joined(separator: ","))]"
        if !failures.isEmpty {
            text += ",\"failures\":\(JSONValue.array(failures.map(\.commandLineJSON)).text)"
        }
        return text + "}"
    }

    var lines: String {
        embedded.map { "\($0.path)\t\(values($0.embedding))" }.joined(separator: "\n")
    }

    private func values(_ embedding: Embedding) -> String {
        embedding.values.map { "\($0)" }.joined(separator: ",")
    }
}
