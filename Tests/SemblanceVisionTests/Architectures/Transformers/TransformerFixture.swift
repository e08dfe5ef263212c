import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Narrow transformers with random weights. scripts/references/make_transformer_references.py made the files.
enum TransformerFixture {
    static let contextLength = 12
    static let vocabularySize = 600
    /// The fixtures' heads are 8 wide.
    static let options = NetworkOptions(headWidth: 8)

    static func checkpoint(_ name: String) throws -> Checkpoint {
        try Checkpoint.open(ModelFixture.folder.appendingPathComponent("\(name).safetensors").path)
    }

    static func clip(_ name: String, activation: NetworkOptions.Activation? = nil) throws -> CLIP {
        var options = options
        options.activation = activation
        return try #require(try CLIP.recognise(checkpoint(name), options: options))
    }

    static func vit(_ name: String, pooling: NetworkOptions.Pooling? = nil) throws -> ViT {
        var options = options
        options.pooling = pooling
        return try #require(try ViT.recognise(checkpoint(name), options: options))
    }

    private static func version(_ dimension: Int) -> ModelVersion {
        ModelVersion(modelID: "narrow", digest: "test", dimension: dimension)
    }

    /// Embeds the eight pictures.
    static func embeddings(
        _ network: some Architecture, of name: String, size: Int? = nil,
        _ change: (inout Preprocessing, inout [PreparedImage]) -> Void = { _, _ in }
    ) throws -> [Embedding] {
        var preprocessing = network.preprocessing
        if let size { preprocessing.size = size }
        var pictures = ModelFixture.pictures(size: preprocessing.size)
        change(&preprocessing, &pictures)
        let graph = try network.graph(from: checkpoint(name), size: preprocessing.size)
        let embedder = try OpenVINOEmbedder(
            network: Network(body: .onnx(try graph.serialised()), dimension: network.dimension, revision: 1),
            version: version(network.dimension), preprocessing: preprocessing,
            runtime: OpenVINORuntime(cacheFolder: nil), options: EngineOptions(precision: .f32, streamCount: 2))
        return try embedder.embed(pictures)
    }

    static func textEmbedder(
        _ network: CLIP, of name: String, vocabulary: BytePairVocabulary
    ) throws -> OpenVINOTextEmbedder {
        let checkpoint = try checkpoint(name)
        let weights = try StateDict(checkpoint, expecting: network.expectedTensors)
        let tower = try #require(try network.textTower(from: weights))
        return try OpenVINOTextEmbedder(
            tower, tokenizer: BytePairTokenizer(vocabulary), version: version(network.dimension),
            runtime: OpenVINORuntime(cacheFolder: nil), options: EngineOptions(precision: .f32, streamCount: 2))
    }

    /// The token numbers that the script makes: a start, words, an end, zeros; the last row is full, and one has the
    /// end twice.
    static var rows: [[Int32]] {
        (0..<ModelFixture.pictureCount).map { row in
            let length = row < ModelFixture.pictureCount - 1 ? row + 2 : contextLength
            let words = (0..<(length - 2)).map { Int32((row * 131 + $0 * 57) % (vocabularySize - 2)) }
            var ids = [Int32(vocabularySize - 2)] + words + [Int32(vocabularySize - 1)]
            ids += [Int32](repeating: 0, count: contextLength - length)
            if row == 5 { ids[3] = Int32(vocabularySize - 1) }
            return ids
        }
    }

    /// A vocabulary of as many tokens as the fixtures': 86 pairs of letters that stand inside words.
    static func vocabulary(mergeCount: Int = vocabularySize - 514) throws -> BytePairVocabulary {
        let pairs = "abcdefghij".flatMap { left in "aeioulmnr".map { "\(left) \($0)"[...] } }
        return try BytePairVocabulary(merges: Array(pairs.prefix(mergeCount)), fileName: "narrow")
    }

    /// A checkpoint's tensors, changed.
    static func changed(
        _ name: String, _ change: (inout [String: CheckpointTensor]) throws -> Void
    ) throws -> Checkpoint {
        var tensors = try checkpoint(name).tensors
        try change(&tensors)
        return Checkpoint(fileName: "\(name).safetensors", tensors: tensors)
    }

    static func tensor(_ name: String, _ shape: [Int], of value: Float = 0.5) throws -> CheckpointTensor {
        let bytes = [Float](repeating: value, count: shape.reduce(1, *)).withUnsafeBytes { Array($0) }
        return try CheckpointTensor(
            name: name, shape: shape, elementType: .float32, storage: 0..<bytes.count,
            file: CheckpointFile(bytes, name: "test"))
    }
}
