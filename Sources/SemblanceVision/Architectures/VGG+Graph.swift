import SemblanceCore

extension VGG {
    /// Rows and columns of the features that the first fully connected layer reads.
    private static let pooledSide = 7

    private func convolution(_ layer: Layer) -> NormalisedConvolution {
        NormalisedConvolution(
            name: "features.\(layer.number)", normalisation: isNormalised ? "features.\(layer.number + 1)" : nil,
            inputs: layer.inputs, outputs: layer.outputs, kernel: 3, padding: .symmetric(1), hasBias: true)
    }

    /// The fully connected layers up to the embedding: name, inputs, outputs.
    private var hidden: [(name: String, inputs: Int, outputs: Int)] {
        guard pooling == nil, let features = layers.last?.outputs else { return [] }
        return [
            ("classifier.0", features * Self.pooledSide * Self.pooledSide, hiddenWidths[0]),
            ("classifier.3", hiddenWidths[0], hiddenWidths[1]),
        ]
    }

    package var expectedTensors: [ExpectedTensor] {
        layers.flatMap { convolution($0).expectedTensors }
            + hidden.flatMap { layer in
                [
                    ExpectedTensor("\(layer.name).weight", [layer.outputs, layer.inputs]),
                    ExpectedTensor("\(layer.name).bias", [layer.outputs]),
                ]
            } + unread
    }

    package func graph(from weights: StateDict, size: Int) throws(ModelError) -> ONNXGraph {
        // Each pool halves the side and drops a row that is left over.
        let side = size >> layers.count(where: \.isPooled)
        guard side > 0 else {
            throw ModelError(
                .unsupportedArchitecture,
                "Expected pictures of at least \(1 << layers.count(where: \.isPooled)) pixels a side for this VGG, "
                    + "not \(size). Correct 'size' of its preprocessing.")
        }
        var graph = ONNXGraph(name: Self.family, input: "pixels", shape: [nil, 3, size, size])
        var value = try addFeatures(to: &graph, from: weights)
        if let pooling {
            value = graph.vector(value, pooling: pooling)
        } else {
            value = graph.maximumPool(value, size: 2, stride: 2, padding: .symmetric(0))
            value = graph.flatten(graph.adaptiveAveragePool(value, from: side, to: Self.pooledSide))
            for layer in hidden { value = graph.relu(try add(layer, to: &graph, after: value, weights)) }
        }
        graph.output(value, dimension: dimension)
        return graph
    }

    /// All convolutions, without the last one's pool, which retrieval leaves out.
    private func addFeatures(
        to graph: inout ONNXGraph, from weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        var value = graph.input
        for layer in layers {
            value = graph.relu(try graph.convolution(value, convolution(layer), from: weights))
            if layer.isPooled, layer != layers.last {
                value = graph.maximumPool(value, size: 2, stride: 2, padding: .symmetric(0))
            }
        }
        return value
    }

    private func add(
        _ layer: (name: String, inputs: Int, outputs: Int), to graph: inout ONNXGraph, after value: ONNXGraph.Value,
        _ weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        graph.fullyConnected(
            value, name: layer.name, outputs: layer.outputs, inputs: layer.inputs,
            weights: try weights.values("\(layer.name).weight", shape: [layer.outputs, layer.inputs]),
            bias: try weights.values("\(layer.name).bias", shape: [layer.outputs]))
    }
}
