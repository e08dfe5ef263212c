import Foundation
import SemblanceCore
import SemblanceVision

/// An ONNX file as others write them, byte by byte: independent of how Semblance reads and writes its own.
struct ForeignGraph {
    /// A shape's place: a size, or open by a name.
    enum Dimension: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
        case size(Int)
        case open(String)

        init(integerLiteral value: Int) { self = .size(value) }
        init(stringLiteral value: String) { self = .open(value) }
    }

    enum Attribute {
        case integer(Int)
        case integers([Int])
    }

    static let float = 1
    static let uint8 = 2
    static let int64 = 7
    static let float16 = 10

    var nodes: [[UInt8]] = []
    var constants: [[UInt8]] = []
    var inputs: [[UInt8]] = []
    var outputs: [[UInt8]] = []
    /// Fields of the graph that are there besides.
    var extra: [UInt8] = []

    mutating func input(_ name: String, _ shape: [Dimension], type: Int = float) {
        inputs.append(Self.port(name, shape, type: type))
    }

    mutating func output(_ name: String, _ shape: [Dimension]? = nil, type: Int = float) {
        outputs.append(Self.port(name, shape, type: type))
    }

    @discardableResult
    mutating func node(
        _ operation: String, _ inputs: [String], to output: String, _ attributes: [String: Attribute] = [:]
    ) -> String {
        var bytes = inputs.flatMap { Wire.text($0, 1) } + Wire.text(output, 2) + Wire.text(operation, 4)
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            bytes += Wire.bytes(Self.attribute(name, value), 5)
        }
        nodes.append(bytes)
        return output
    }

    /// Small numbers of either sign, the same on every run.
    @discardableResult
    mutating func weights(_ name: String, _ shape: [Int], seed: UInt64 = 1) -> String {
        var generator = ModelFixture.Generator(state: seed &* 977)
        let count = shape.reduce(1, *)
        return constant(name, shape, (0..<count).map { _ in Float.random(in: -0.1...0.1, using: &generator) })
    }

    @discardableResult
    mutating func constant(_ name: String, _ shape: [Int], _ values: [Float]) -> String {
        let raw = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        constants.append(Self.tensor(name, shape, type: Self.float, raw: raw))
        return name
    }

    @discardableResult
    mutating func constant(_ name: String, _ shape: [Int], integers values: [Int64]) -> String {
        let raw = values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        constants.append(Self.tensor(name, shape, type: Self.int64, raw: raw))
        return name
    }

    /// The file's bytes.
    var bytes: [UInt8] {
        var graph = nodes.flatMap { Wire.bytes($0, 1) } + Wire.text("foreign", 2)
        graph += constants.flatMap { Wire.bytes($0, 5) } + inputs.flatMap { Wire.bytes($0, 11) }
        graph += outputs.flatMap { Wire.bytes($0, 12) } + extra
        return Wire.number(8, 1) + Wire.text("test", 2) + Wire.bytes(graph, 7) + Wire.bytes(Wire.number(13, 2), 8)
    }

    var file: CheckpointFile { CheckpointFile(bytes, name: "foreign.onnx") }
}

extension ForeignGraph {
    static func tensor(_ name: String, _ shape: [Int], type: Int, raw: [UInt8]) -> [UInt8] {
        shape.flatMap { Wire.number($0, 1) } + Wire.number(type, 2) + Wire.text(name, 8) + Wire.bytes(raw, 9)
    }

    private static func attribute(_ name: String, _ value: Attribute) -> [UInt8] {
        switch value {
        case .integer(let number): Wire.text(name, 1) + Wire.number(number, 3) + Wire.number(2, 20)
        case .integers(let numbers):
            Wire.text(name, 1) + Wire.bytes(numbers.flatMap { Wire.varint(UInt64($0)) }, 8) + Wire.number(7, 20)
        }
    }

    private static func port(_ name: String, _ shape: [Dimension]?, type: Int) -> [UInt8] {
        let dimensions = (shape ?? []).map { dimension in
            switch dimension {
            case .size(let size): Wire.bytes(Wire.number(size, 1), 1)
            case .open(let name): Wire.bytes(Wire.text(name, 2), 1)
            }
        }
        let tensor = Wire.number(type, 1) + (shape == nil ? [] : Wire.bytes(dimensions.flatMap(\.self), 2))
        return Wire.text(name, 1) + Wire.bytes(Wire.bytes(tensor, 1), 2)
    }
}

/// Protobuf's encoding.
enum Wire {
    static func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }

    static func number(_ value: Int, _ field: Int) -> [UInt8] {
        varint(UInt64(field) << 3) + varint(UInt64(bitPattern: Int64(value)))
    }

    static func bytes(_ content: [UInt8], _ field: Int) -> [UInt8] {
        varint(UInt64(field) << 3 | 2) + varint(UInt64(content.count)) + content
    }

    static func text(_ text: String, _ field: Int) -> [UInt8] { bytes(Array(text.utf8), field) }
}

extension ForeignGraph {
    /// A convolution and a ReLU over a picture of 8 pixels a side: 96 channels at 4×4 places.
    static func withFeatures(_ shape: [Dimension] = ["n", 3, 8, 8], layout: NetworkInput.Layout = .nchw) -> Self {
        var graph = ForeignGraph()
        graph.input("picture", shape)
        var value = "picture"
        if layout == .nhwc {
            value = graph.node("Transpose", [value], to: "turned", ["perm": .integers([0, 3, 1, 2])])
        }
        graph.weights("kernel", [96, 3, 3, 3])
        graph.node(
            "Conv", [value, "kernel"], to: "convolved",
            ["strides": .integers([2, 2]), "pads": .integers([1, 1, 1, 1])])
        graph.node("Relu", ["convolved"], to: "features")
        return graph
    }

    /// The same, pooled: 96 components.
    static func withPooledFeatures(
        _ shape: [Dimension] = ["n", 3, 8, 8], layout: NetworkInput.Layout = .nchw
    ) -> Self {
        var graph = withFeatures(shape, layout: layout)
        graph.node("GlobalAveragePool", ["features"], to: "pooled")
        graph.node("Flatten", ["pooled"], to: "vector")
        return graph
    }

    func model(
        output: String? = nil, pooling: NetworkOptions.Pooling? = nil, size: Int? = nil
    ) throws -> ONNXImageModel {
        try ONNXImageModel(
            file, options: NetworkOptions(pooling: pooling, output: output), size: size,
            runtime: OpenVINORuntime(cacheFolder: nil))
    }

    /// Embeddings of the synthetic pictures.
    func embeddings(
        output: String? = nil, pooling: NetworkOptions.Pooling? = nil, size: Int = 8, mean: Float = 120,
        deviation: Float = 60
    ) throws -> [Embedding] {
        let model = try model(output: output, pooling: pooling, size: size)
        let embedder = try OpenVINOEmbedder(
            network: model.network,
            version: ModelVersion(modelID: "foreign", digest: "", dimension: model.description.dimension),
            preprocessing: Preprocessing(
                size: size, fit: .pad, mean: [mean, mean, mean], deviation: [deviation, deviation, deviation]),
            runtime: OpenVINORuntime(cacheFolder: nil), options: EngineOptions(precision: .f32, streamCount: 1))
        return try embedder.embed(ModelFixture.pictures(size: size))
    }
}
