import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct Embed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print or write embeddings of images and texts.",
        discussion: """
            EXAMPLES
              semblance embed photo.jpg --json
              semblance embed *.jpg --output vectors.npy      one row an image, Float32
              semblance embed --model clip-vit-b32-laion2b --text "red chair" "green chair"
            """)

    @Argument(help: "Images.", completion: .file())
    var images: [String] = []

    @Option(
        name: .customLong("text"), parsing: .upToNextOption,
        help: ArgumentHelp("Texts, for models that know them; they come after the images.", valueName: "words"))
    var texts: [String] = []

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
        guard !images.isEmpty || !texts.isEmpty else { throw ValidationError("Name at least one image or --text.") }
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
        let modelID = model ?? vision.models.defaultModelID
        // First: a model without a text tower says so before images are decoded.
        let textEmbedder = texts.isEmpty ? nil : try await vision.models.textEmbedder(for: modelID)
        let embedder = images.isEmpty ? nil : try await vision.models.embedder(for: modelID)
        guard let version = embedder?.version ?? textEmbedder?.version else { return 0 }
        var printed = PrintedEmbeddings(model: version)
        if let embedder { try await embedImages(with: embedder, of: vision, into: &printed) }
        if let textEmbedder { try await embedTexts(with: textEmbedder, of: vision, into: &printed) }
        for failure in printed.failures { Console.note("\(failure.path): \(failure.message)") }
        try write(printed)
        return printed.failures.count
    }

    private func embedImages(
        with embedder: any Embedder, of vision: Vision, into printed: inout PrintedEmbeddings
    ) async throws {
        let embedding = vision.makeEmbedding()
        for path in images {
            try Task.checkCancellation()
            do {
                let image = try await embedding.embed(fileAt: path, region: region, with: embedder)
                printed.embedded.append((.path(path), image))
            } catch let error as ImageError {
                printed.failures.append(FileFailure(path: path, error: error))
            }
        }
    }

    private func embedTexts(
        with embedder: any TextEmbedder, of vision: Vision, into printed: inout PrintedEmbeddings
    ) async throws {
        let embedded = try await vision.makeTextEmbedding().embed(texts, with: embedder)
        for (text, result) in zip(texts, embedded) {
            if result.isCut { Console.note("semblance: \(TextEmbedding.cutWarning(for: text))") }
            printed.embedded.append((.text(text, isCut: result.isCut), result.embedding))
        }
    }

    private func write(_ printed: PrintedEmbeddings) throws {
        guard let output else {
            return Console.write((options.printsJSON ? printed.json : printed.lines) + "\n", to: STDOUT_FILENO)
        }
        let dimension = printed.model.dimension
        let isNumPy = output.hasSuffix(".npy")
        try save(
            isNumPy
                ? NumPyArray.encode(printed.embedded.map(\.embedding.values), columns: dimension)
                : Array(printed.json.utf8), to: output)
        Console(options).print(
            printed.summary(output: output),
            text: "\(printed.embedded.count) × \(dimension) written to \(output)")
    }

    private func save(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.notWritable, "'\(path)' could not be written.", underlying: error)
        }
    }
}
