import Foundation
import SemblanceCore

/// What was found in a foreign network, for people and for the registry.
package struct ImageModelDescription: Hashable, Sendable {
    package let inputName: String
    package let input: NetworkInput
    /// Width and height of its input in pixels.
    package let size: Int
    /// Whether the network takes other sizes, too.
    package let takesAnySize: Bool
    package let outputName: String
    /// Components of an embedding.
    package let dimension: Int
    /// How its features become one vector; `nil` if its output is one.
    package let pooling: NetworkOptions.Pooling?
    /// What was chosen and why: whole sentences.
    package let notes: [String]

    /// What to do to pictures where the publisher says nothing: for bytes nothing, as the network does it itself;
    /// CLIP's transform where the names are CLIP's; torchvision's of 2015 otherwise.
    package var preprocessing: Preprocessing {
        if input.element == .uint8 {
            return Preprocessing(
                size: size, fit: .stretch, filter: .bilinear, mean: [0, 0, 0], deviation: [1, 1, 1])
        }
        if outputName == "image_embeds" {
            return Preprocessing(
                size: size, fit: .crop, mean: [122.770938, 116.746, 104.0936865],
                deviation: [68.5005327, 66.6321375, 70.3231630])
        }
        return Preprocessing(
            size: size, fit: .crop, resizeTo: (size * 8 + 6) / 7, filter: .bilinear, mean: [123.675, 116.28, 103.53],
            deviation: [58.395, 57.12, 57.375])
    }
}

/// A publisher's ONNX file as a network that embeds pictures: its input and its embedding found, a classifier cut off,
/// features pooled.
package struct ONNXImageModel: Sendable {
    /// The family's name in manifests.
    package static let family = "onnx"
    /// Raised when the same file would give other vectors than before.
    static let revision = 1
    private static let defaultSize = 224

    package let network: Network
    package let description: ImageModelDescription

    /// Reads a file. A graph that needs no change is handed to the engine byte for byte.
    /// - Parameters:
    ///   - options: `output` and `pooling` override what would be chosen.
    ///   - size: pixels a side for a network that takes any; `nil` for its own, or 224.
    ///   - available: bytes of memory that may be taken; `nil` for no limit.
    /// - Throws: `model-checkpoint-damaged`, `model-too-large`; `model-unsupported-architecture`, saying what was expected
    ///   and found.
    package init(
        _ file: CheckpointFile, options: NetworkOptions, size: Int?, runtime: OpenVINORuntime,
        available: Int? = SystemMemory.availableByteCount
    ) throws(ModelError) {
        // The engine's reader has the bytes, the messages that they hold, and its own constants, all at one time.
        try SystemMemory.check(3 * file.bytes.count, for: file.name, available: available)
        let model = try ONNXModelFile(file)
        do {
            self = try Self.prepared(model, options: options, size: size, runtime: runtime)
        } catch {
            guard error.code == .unsupportedArchitecture else { throw error }
            throw ModelError(
                error.code, "The ONNX file '\(file.name)' cannot embed pictures: \(error.message)",
                underlying: error.underlying)
        }
    }

    private init(network: Network, description: ImageModelDescription) {
        self.network = network
        self.description = description
    }
}

extension ONNXImageModel {
    private static func prepared(
        _ model: ONNXModelFile, options: NetworkOptions, size wanted: Int?, runtime: OpenVINORuntime
    ) throws(ModelError) -> ONNXImageModel {
        let output = try model.embeddingOutput(named: options.output)
        let subgraph = model.subgraph(of: output.value)
        let input = try model.imageInput(among: subgraph.values)
        let size = try size(of: input, wanted: wanted)
        let isWhole = model.outputs.map(\.name) == [output.value] && model.inputs.count == 1
        let bytes =
            isWhole ? model.wholeBytes : try model.bytes(keeping: subgraph, appended: [], output: output.value)
        let probe = try OutputProbe(read(bytes, of: model, runtime: runtime), input: input, size: size)
        let plan = try PoolingPlan(probe.shape, wanted: options.pooling, layout: input.input.layout)
        let pooled = plan.pooling(of: output.value)
        let body =
            pooled == nil
            ? bytes : try model.bytes(keeping: subgraph, appended: pooled?.nodes ?? [], output: pooled?.value ?? "")
        return ONNXImageModel(
            network: Network(
                body: .onnx(body), input: input.input, dimension: plan.dimension, revision: revision,
                takesBatches: probe.takesBatches),
            description: ImageModelDescription(
                inputName: input.name, input: input.input, size: size, takesAnySize: input.size == nil,
                outputName: output.value, dimension: plan.dimension, pooling: plan.method,
                notes: notes(input, size: size, wanted: wanted, output, plan, probe)))
    }

    private static func read(
        _ bytes: Data, of model: ONNXModelFile, runtime: OpenVINORuntime
    ) throws(ModelError) -> OpenVINOModel {
        do {
            return try runtime.read(onnx: bytes)
        } catch {
            throw ModelError(
                .unsupportedArchitecture, "the inference engine cannot read its graph\(model.foreignOperators).",
                underlying: error)
        }
    }

    private static func size(of input: ImageInput, wanted: Int?) throws(ModelError) -> Int {
        guard let size = input.size else { return wanted ?? defaultSize }
        if let wanted, wanted != size {
            throw ONNXModelFile.unsupported(
                "its input has \(size) pixels a side, not \(wanted). Correct 'size' of its preprocessing")
        }
        return size
    }

    private static func notes(
        _ input: ImageInput, size: Int, wanted: Int?, _ output: EmbeddingOutput, _ plan: PoolingPlan,
        _ probe: OutputProbe
    ) -> [String] {
        var notes: [String] = []
        if input.size == nil {
            let whence = wanted == nil ? "by default" : "as its preprocessing says"
            notes.append("It takes pictures of any size; they are given with \(size) pixels a side, \(whence).")
        }
        notes.append(output.reason)
        if !output.removed.isEmpty {
            notes.append("Left out: \(output.removed.reversed().joined(separator: ", ")).")
        }
        if let note = plan.note { notes.append(note) }
        if !probe.takesBatches { notes.append("It takes one picture at a time.") }
        return notes
    }
}

extension ONNXModelFile {
    /// Operators outside ONNX's own set, for a message about a graph that the engine refused.
    fileprivate var foreignOperators: String {
        let names = Set(
            nodes.filter { !$0.domain.isEmpty && $0.domain != "ai.onnx" }.map { "\($0.domain).\($0.operation)" })
        guard !names.isEmpty else { return "" }
        return "; it uses operators outside ONNX's own: " + names.sorted().prefix(5).joined(separator: ", ")
    }
}
