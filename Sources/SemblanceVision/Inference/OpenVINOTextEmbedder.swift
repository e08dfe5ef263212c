import SemblanceCore

/// A loaded text tower, shared by every thread. Its embeddings compare with those of the same model's images.
///
/// It is compiled for one text, with as many streams as cores and one thread a stream, as images are; several texts
/// take all streams that are idle.
///
/// `Sendable` because every part is: the pool lends each request to one caller at a time.
public final class OpenVINOTextEmbedder: TextEmbedder {
    public let version: ModelVersion
    /// The arithmetic that the engine chose: `f32`, `bf16`, …
    public var chosenPrecision: String { network.chosenPrecision }
    private let tokenizer: BytePairTokenizer
    private let contextLength: Int
    private let network: FixedBatchNetwork

    /// Compiles a text tower and runs it once.
    /// - Throws: `model-engine-failed`; `model-unexpected-tensors` if the tokenizer is not this tower's;
    ///   `model-invalid-manifest` if the version's dimension is not the tower's.
    package init(
        _ tower: TextTower, tokenizer: BytePairTokenizer, version: ModelVersion, runtime: OpenVINORuntime,
        options: EngineOptions
    ) throws(ModelError) {
        guard tokenizer.vocabularySize == tower.vocabularySize else {
            throw ModelError(
                .unexpectedTensors,
                "The text tower of '\(version.modelID)' knows \(tower.vocabularySize) tokens; expected "
                    + "\(tokenizer.vocabularySize), as its tokenizer makes.")
        }
        self.version = version
        self.tokenizer = tokenizer
        contextLength = tower.contextLength
        network = try FixedBatchNetwork(
            runtime.read(onnx: tower.graph.serialised()), batch: 1, itemShape: [tower.contextLength],
            runtime: runtime, options: options)
        try warmUp()
    }

    public func embed(_ texts: [String]) throws -> [EmbeddedText] {
        try embedTexts(texts)
    }
}

extension OpenVINOTextEmbedder {
    private func embedTexts(_ texts: [String]) throws(ModelError) -> [EmbeddedText] {
        let rows = texts.map { tokenizer.tokens(of: $0, contextLength: contextLength) }
        return zip(rows, try embed(tokens: rows.map(\.ids))).map { EmbeddedText(embedding: $1, isCut: $0.isCut) }
    }

    /// Embeds rows of token numbers, each as long as the context.
    package func embed(tokens rows: [[Int32]]) throws(ModelError) -> [Embedding] {
        var embeddings: [Embedding] = []
        for output in try outputs(of: rows) { embeddings.append(try Embedding(output: output, of: version)) }
        return embeddings
    }

    private func outputs(of rows: [[Int32]]) throws(ModelError) -> [ArraySlice<Float>] {
        try network.outputs(of: rows[...]) { row, place in
            row.withUnsafeBytes { place.copyMemory(from: $0) }
        }
    }

    private func warmUp() throws(ModelError) {
        let output = try outputs(of: [tokenizer.tokens(of: "", contextLength: contextLength).ids])[0]
        guard output.count == version.dimension else {
            throw ModelError(
                .invalidManifest,
                "The text tower of '\(version.modelID)' gives \(output.count) dimensions; its images have "
                    + "\(version.dimension).")
        }
    }
}
