import Foundation
import SemblanceCore

/// A network being built, in terms of ONNX's standard operators (opset 17), with its weights inside.
///
/// Each operator's method takes the values that it reads and returns the value that it writes, so that a graph can
/// only be built in an order that ONNX allows:
///
///     var graph = ONNXGraph(name: "lite", input: "pixels", shape: [nil, 3, 224, 224])
///     let features = graph.convolution(graph.input, convolution)
///     graph.output(graph.flatten(graph.globalAveragePool(features)), dimension: 1280)
package struct ONNXGraph: Sendable {
    /// A tensor that flows through the graph.
    package struct Value: Hashable, Sendable {
        package let name: String
    }

    /// A constant argument of an operator.
    package enum Attribute: Hashable, Sendable {
        case integer(Int)
        case integers([Int])
        case float(Float)
        case string(String)
    }

    /// What the input is made of; the values are ONNX's.
    package enum Element: Int32, Sendable {
        case float32 = 1
        case int32 = 6
    }

    package let input: Value
    /// Version of ONNX's operator set that the operators' arguments follow.
    static let operatorSetVersion: Int64 = 17

    /// Everything but the constants, which would be copied on their way through it.
    private(set) var proto = ONNXGraphProto()
    var constants: [Constant] = []
    private var names: Set<String> = []

    /// - Parameters:
    ///   - shape: the input's sizes; `nil` stands for the number of images or texts.
    ///   - element: what the input is made of.
    package init(name: String, input: String, shape: [Int?], element: Element = .float32) {
        self.input = Value(name: input)
        names.insert(input)
        proto.name = name
        proto.input = [Self.description(of: input, shape: shape, element: element)]
    }

    /// Adds an operator with one output.
    /// - Parameter name: what the operator, and its output, is called in the engine's messages; made unique.
    package mutating func append(
        _ operation: String, _ inputs: [Value], name: String? = nil,
        attributes: KeyValuePairs<String, Attribute> = [:]
    ) -> Value {
        let output = uniqueName(name ?? operation.lowercased())
        var node = ONNXNodeProto()
        node.name = output
        node.opType = operation
        node.input = inputs.map(\.name)
        node.output = [output]
        node.attribute = attributes.map { Self.attribute($0.key, $0.value) }
        proto.node.append(node)
        return Value(name: output)
    }

    /// Adds a constant tensor.
    /// - Precondition: as many values as the shape has places.
    package mutating func constant(_ name: String, shape: [Int], _ values: [Float]) -> Value {
        precondition(values.count == shape.reduce(1, *), "expected \(shape) values for \(name), not \(values.count)")
        return append(Constant(name: uniqueName(name), shape: shape, elements: .floats(values)))
    }

    /// Adds a constant tensor of whole numbers, such as a shape.
    /// - Precondition: as many values as the shape has places.
    package mutating func constant(_ name: String, shape: [Int], integers values: [Int64]) -> Value {
        precondition(values.count == shape.reduce(1, *), "expected \(shape) values for \(name), not \(values.count)")
        return append(Constant(name: uniqueName(name), shape: shape, elements: .integers(values)))
    }

    private mutating func append(_ constant: Constant) -> Value {
        constants.append(constant)
        return Value(name: constant.name)
    }

    /// Names the graph's output: Float32 `[images, dimension]`.
    package mutating func output(_ value: Value, dimension: Int) {
        proto.output.append(Self.description(of: value.name, shape: [nil, dimension]))
    }
}

extension ONNXGraph {
    private mutating func uniqueName(_ wanted: String) -> String {
        var name = wanted
        var number = 2
        while !names.insert(name).inserted {
            name = "\(wanted)_\(number)"
            number += 1
        }
        return name
    }

    private static func attribute(_ name: String, _ value: Attribute) -> ONNXAttributeProto {
        var attribute = ONNXAttributeProto()
        attribute.name = name
        switch value {
        case .integer(let number):
            attribute.type = .int
            attribute.i = Int64(number)
        case .integers(let numbers):
            attribute.type = .ints
            attribute.ints = numbers.map(Int64.init)
        case .float(let number):
            attribute.type = .float
            attribute.f = number
        case .string(let text):
            attribute.type = .string
            attribute.s = Data(text.utf8)
        }
        return attribute
    }

    private static func description(
        of name: String, shape: [Int?], element: Element = .float32
    ) -> ONNXValueProto {
        var tensor = ONNXTypeProto.Tensor()
        tensor.elemType = element.rawValue
        tensor.shape.dim = shape.map { size in
            var dimension = ONNXShapeProto.Dimension()
            if let size { dimension.dimValue = Int64(size) } else { dimension.dimParam = "count" }
            return dimension
        }
        var value = ONNXValueProto()
        value.name = name
        value.type.tensorType = tensor
        return value
    }
}
