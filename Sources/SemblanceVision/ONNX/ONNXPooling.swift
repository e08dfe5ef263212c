import SemblanceCore

/// Makes one vector of each picture out of features at places or tokens, by nodes that mean the same in every version
/// of ONNX's operators.
struct ONNXPooling {
    /// How features lie.
    enum Shape: Hashable {
        /// `[images, tokens, width]`.
        case tokens
        /// `[images, channels, rows, columns]`.
        case channelsFirst
        /// `[images, rows, columns, channels]`.
        case channelsLast
    }

    private(set) var nodes: [[UInt8]] = []
    private(set) var value: String
    private let prefix = "semblance/"

    init(of value: String, shape: Shape, by pooling: NetworkOptions.Pooling) {
        self.value = value
        switch (shape, pooling) {
        case (.tokens, .cls):
            append("Gather", [value, constant(0 as UInt64)], [Self.integer("axis", 1)])
        case (_, .mean), (_, .cls):
            arrange(shape)
            append("GlobalAveragePool", [self.value])
        case (_, .gem):
            arrange(shape)
            append("Max", [self.value, constant(1e-6 as Float)])
            append("Pow", [self.value, constant(3 as Float)])
            append("GlobalAveragePool", [self.value])
            append("Pow", [self.value, constant(1 / 3 as Float)])
        }
        append("Flatten", [self.value], [Self.integer("axis", 1)])
    }

    /// Puts the channels behind the images.
    private mutating func arrange(_ shape: Shape) {
        switch shape {
        case .tokens: append("Transpose", [value], [Self.integers("perm", [0, 2, 1])])
        case .channelsFirst: break
        case .channelsLast: append("Transpose", [value], [Self.integers("perm", [0, 3, 1, 2])])
        }
    }

    private mutating func append(_ operation: String, _ inputs: [String], _ attributes: [[UInt8]] = []) {
        let output = "\(prefix)\(nodes.count)"
        var node = ProtobufWriter()
        for input in inputs { node.text(input, field: 1) }
        node.text(output, field: 2)
        node.text(output, field: 3)
        node.text(operation, field: 4)
        for attribute in attributes { node.content(attribute, field: 5) }
        nodes.append(node.bytes)
        value = output
    }

    /// A constant's name, after adding the node that gives it.
    private mutating func constant(_ value: Float) -> String {
        var tensor = ProtobufWriter()
        tensor.number(1, field: 2)
        tensor.float(value, field: 4)
        return constant(tensor)
    }

    private mutating func constant(_ value: UInt64) -> String {
        var tensor = ProtobufWriter()
        tensor.number(7, field: 2)
        tensor.number(value, field: 7)
        return constant(tensor)
    }

    private mutating func constant(_ tensor: ProtobufWriter) -> String {
        let before = value
        defer { value = before }
        var attribute = ProtobufWriter()
        attribute.text("value", field: 1)
        attribute.content(tensor.bytes, field: 5)
        attribute.number(4, field: 20)
        append("Constant", [], [attribute.bytes])
        return value
    }

    private static func integer(_ name: String, _ value: UInt64) -> [UInt8] {
        var attribute = ProtobufWriter()
        attribute.text(name, field: 1)
        attribute.number(value, field: 3)
        attribute.number(2, field: 20)
        return attribute.bytes
    }

    private static func integers(_ name: String, _ values: [UInt64]) -> [UInt8] {
        var attribute = ProtobufWriter()
        attribute.text(name, field: 1)
        for value in values { attribute.number(value, field: 8) }
        attribute.number(7, field: 20)
        return attribute.bytes
    }
}
