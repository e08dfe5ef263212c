import SemblanceCore

/// What the engine says about a network's output for a fixed size.
struct OutputProbe {
    /// Sizes for one picture.
    let shape: [Int]
    let takesBatches: Bool

    /// - Parameter model: its input's shape is fixed on the way.
    /// - Throws: `model-unsupported-architecture` for an input that cannot be fixed, and for an output whose shape is
    ///   open all the same.
    init(_ model: borrowing OpenVINOModel, input: ImageInput, size: Int) throws(ModelError) {
        // Two pictures show whether the first dimension counts them.
        if let two = try? Self.shape(model, count: 2, size: size, layout: input.input.layout), two.first == 2 {
            shape = [1] + two.dropFirst()
            takesBatches = true
        } else {
            shape = try Self.shape(model, count: 1, size: size, layout: input.input.layout)
            takesBatches = false
        }
        guard shape.first == 1 else {
            throw ONNXModelFile.unsupported(
                "expected an output of one vector a picture, not of the shape \(shape)")
        }
    }

    private static func shape(
        _ model: borrowing OpenVINOModel, count: Int, size: Int, layout: NetworkInput.Layout
    ) throws(ModelError) -> [Int] {
        do {
            try model.fixInput(layout == .nchw ? [count, 3, size, size] : [count, size, size, 3])
        } catch {
            throw ModelError(
                .unsupportedArchitecture, "its input cannot be fixed to \(count) picture of \(size) pixels a side.",
                underlying: error)
        }
        let outputs = try model.outputs()
        let shape = outputs.first?.shape ?? []
        let sizes = shape.compactMap { $0 }
        guard outputs.count == 1, sizes.count == shape.count, !sizes.isEmpty else {
            throw ONNXModelFile.unsupported(
                "the shape of its output is not known before it runs, though its input is fixed")
        }
        return sizes
    }
}
