/// The operators that image networks are made of. Values are `[images, channels, rows, columns]`.
extension ONNXGraph {
    package enum Padding: Hashable, Sendable {
        /// TensorFlow's: the output has ⌈input ÷ stride⌉ places; an odd place of padding goes to the end.
        case same
        /// PyTorch's: this many places on each side.
        case symmetric(Int)

        var attributes: (name: String, value: Attribute) {
            switch self {
            case .same: ("auto_pad", .string("SAME_UPPER"))
            case .symmetric(let places): ("pads", .integers([places, places, places, places]))
            }
        }
    }

    /// A 2-d convolution.
    /// - Parameters:
    ///   - groups: the channels' groups; as many as channels makes it depthwise.
    package mutating func convolution(
        _ value: Value, _ convolution: Convolution, stride: Int = 1, padding: Padding = .same, groups: Int = 1
    ) -> Value {
        let name = convolution.name
        let weights = constant("\(name).weight", shape: convolution.shape, convolution.weights)
        let bias = constant("\(name).bias", shape: [convolution.shape[0]], convolution.bias)
        let pads = padding.attributes
        return append(
            "Conv", [value, weights, bias], name: name,
            attributes: [
                "kernel_shape": .integers(Array(convolution.shape[2...])), "strides": .integers([stride, stride]),
                "group": .integer(groups), pads.name: pads.value,
            ])
    }

    /// max(x, 0).
    package mutating func relu(_ value: Value) -> Value {
        append("Relu", [value])
    }

    /// min(max(x, 0), 6).
    package mutating func relu6(_ value: Value) -> Value {
        let low = constant("relu6.low", shape: [], [0])
        let high = constant("relu6.high", shape: [], [6])
        return append("Clip", [value, low, high], name: "relu6")
    }

    /// The sum of two values of one shape.
    package mutating func add(_ left: Value, _ right: Value) -> Value {
        append("Add", [left, right])
    }

    /// The largest value under each window.
    package mutating func maximumPool(_ value: Value, size: Int, stride: Int, padding: Padding) -> Value {
        let pads = padding.attributes
        return append(
            "MaxPool", [value],
            attributes: [
                "kernel_shape": .integers([size, size]), "strides": .integers([stride, stride]), pads.name: pads.value,
            ])
    }

    /// `[images, everything else]`.
    package mutating func flatten(_ value: Value) -> Value {
        append("Flatten", [value], attributes: ["axis": .integer(1)])
    }

    /// A fully connected layer, x·Wᵀ + b.
    /// - Parameter weights: `[outputs, inputs]`, as PyTorch keeps them.
    package mutating func fullyConnected(
        _ value: Value, name: String, outputs: Int, inputs: Int, weights: [Float], bias: [Float]
    ) -> Value {
        let matrix = constant("\(name).weight", shape: [outputs, inputs], weights)
        let offset = constant("\(name).bias", shape: [outputs], bias)
        return append("Gemm", [value, matrix, offset], name: name, attributes: ["transB": .integer(1)])
    }
}
