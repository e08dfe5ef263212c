/// A convolution's weights and bias, ready for the graph.
package struct Convolution: Sendable {
    package let name: String
    /// `[outputs, inputs ÷ groups, rows, columns]`.
    package let shape: [Int]
    /// In row order; `shape`'s product of them.
    package let weights: [Float]
    /// One for each output.
    package let bias: [Float]

    package init(name: String, shape: [Int], weights: [Float], bias: [Float]) {
        precondition(shape.count == 4 && weights.count == shape.reduce(1, *) && bias.count == shape[0])
        self.name = name
        self.shape = shape
        self.weights = weights
        self.bias = bias
    }
}
