import SemblanceCore

/// A convolution as networks name it in their checkpoints, and the batch normalisation after it, if there is one.
struct NormalisedConvolution: Hashable {
    /// The tensors' prefix, such as `layer1.0.conv1`.
    let name: String
    /// The prefix of the normalisation; `nil` for a convolution alone.
    let normalisation: String?
    let inputs: Int
    let outputs: Int
    var kernel = 1
    var stride = 1
    /// Groups of channels; as many as inputs makes it depthwise.
    var groups = 1
    var padding: ONNXGraph.Padding = .same
    var hasBias = false
    /// Added to the variance: 1e-5 is PyTorch's default.
    var epsilon = 1e-5

    /// `[outputs, inputs ÷ groups, rows, columns]`.
    var shape: [Int] { [outputs, inputs / groups, kernel, kernel] }

    var expectedTensors: [ExpectedTensor] {
        [ExpectedTensor("\(name).weight", shape)]
            + (hasBias ? [ExpectedTensor("\(name).bias", [outputs])] : [])
            + (normalisation.map { BatchNormalisation.expectedTensors($0, channels: outputs) } ?? [])
    }

    /// The one convolution that does what both did.
    func folded(from weights: StateDict) throws(ModelError) -> Convolution {
        let bias = hasBias ? try weights.values("\(name).bias", shape: [outputs]) : nil
        guard let normalisation else {
            return Convolution(
                name: name, shape: shape, weights: try weights.values("\(name).weight", shape: shape),
                bias: bias ?? [Float](repeating: 0, count: outputs))
        }
        let folding = try BatchNormalisation(normalisation, channels: outputs, epsilon: epsilon, from: weights)
        return folding.folded(
            into: try weights.values("\(name).weight", shape: shape), bias: bias, shape: shape, name: name)
    }
}

extension ONNXGraph {
    /// Adds the convolution with the normalisation folded in; no activation.
    mutating func convolution(
        _ value: Value, _ layer: NormalisedConvolution, from weights: StateDict
    ) throws(ModelError) -> Value {
        convolution(
            value, try layer.folded(from: weights), stride: layer.stride, padding: layer.padding, groups: layer.groups)
    }
}
