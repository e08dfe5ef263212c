import SemblanceCore

/// A batch normalisation as training left it: y = (x − mean) ÷ √(variance + ε) × scale + shift, for each channel.
///
/// At inference it is linear, so it disappears into the convolution before it. The folding is done in Double: the
/// result differs from the unfolded network by Float32 rounding only.
struct BatchNormalisation {
    let scale: [Float]
    let shift: [Float]
    let mean: [Float]
    let variance: [Float]
    let epsilon: Double

    /// Reads the four tensors that PyTorch keeps under a prefix.
    init(_ prefix: String, channels: Int, epsilon: Double, from weights: StateDict) throws(ModelError) {
        scale = try weights.values("\(prefix).weight", shape: [channels])
        shift = try weights.values("\(prefix).bias", shape: [channels])
        mean = try weights.values("\(prefix).running_mean", shape: [channels])
        variance = try weights.values("\(prefix).running_var", shape: [channels])
        self.epsilon = epsilon
        if let index = variance.firstIndex(where: { $0 < 0 }) {
            throw ModelError(
                .unexpectedTensors,
                "The tensor '\(prefix).running_var' holds \(variance[index]) at element \(index); "
                    + "expected variances of 0 or more.")
        }
    }

    /// The names of the tensors that `init` reads, and of one that it does not need.
    static func expectedTensors(_ prefix: String, channels: Int) -> [ExpectedTensor] {
        ["weight", "bias", "running_mean", "running_var"].map { ExpectedTensor("\(prefix).\($0)", [channels]) }
            + [ExpectedTensor("\(prefix).num_batches_tracked", [], isOptional: true)]
    }

    /// The convolution that does what a convolution and then this normalisation did.
    /// - Parameters:
    ///   - weights: taken over and changed in place.
    ///   - bias: the convolution's own, one for each output; `nil` for none, as is usual before a normalisation.
    func folded(
        into weights: consuming [Float], bias: [Float]? = nil, shape: [Int], name: String
    ) -> Convolution {
        let perOutput = shape.dropFirst().reduce(1, *)
        var shifts = [Float](repeating: 0, count: shape[0])
        weights.withUnsafeMutableBufferPointer { weights in
            for output in 0..<shape[0] {
                let factor = Double(scale[output]) / (Double(variance[output]) + epsilon).squareRoot()
                let centre = Double(mean[output]) - Double(bias?[output] ?? 0)
                shifts[output] = Float(Double(shift[output]) - centre * factor)
                for index in (output * perOutput)..<((output + 1) * perOutput) {
                    weights[index] = Float(Double(weights[index]) * factor)
                }
            }
        }
        return Convolution(name: name, shape: shape, weights: weights, bias: shifts)
    }
}
