import SemblanceCore

extension ResNet {
    private var stem: NormalisedConvolution {
        NormalisedConvolution(
            name: "conv1", normalisation: "bn1", inputs: 3, outputs: stemWidth, kernel: 7, stride: 2,
            padding: .symmetric(3))
    }

    package var expectedTensors: [ExpectedTensor] {
        let layers = [stem] + stages.flatMap { $0.flatMap { $0.layers + [$0.shortcut].compactMap { $0 } } }
        return layers.flatMap(\.expectedTensors) + unread
    }

    package func graph(from weights: StateDict, size: Int) throws(ModelError) -> ONNXGraph {
        var graph = ONNXGraph(name: Self.family, input: "pixels", shape: [nil, 3, size, size])
        var value = graph.relu(try graph.convolution(graph.input, stem, from: weights))
        value = graph.maximumPool(value, size: 3, stride: 2, padding: .symmetric(1))
        for stage in stages {
            for block in stage {
                value = try add(block, to: &graph, after: value, weights)
            }
        }
        graph.output(graph.vector(value, pooling: pooling), dimension: dimension)
        return graph
    }

    private func add(
        _ block: Block, to graph: inout ONNXGraph, after input: ONNXGraph.Value, _ weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        var value = input
        for (number, layer) in block.layers.enumerated() {
            // The last one's activation follows the sum.
            value = try graph.convolution(number == 0 ? value : graph.relu(value), layer, from: weights)
        }
        guard let shortcut = block.shortcut else { return graph.relu(graph.add(value, input)) }
        return graph.relu(graph.add(value, try graph.convolution(input, shortcut, from: weights)))
    }
}

extension ResNet.Block {
    var layers: [NormalisedConvolution] {
        if isBottleneck {
            [
                layer(1, inputs: inputs, outputs: width),
                layer(2, inputs: width, outputs: width, kernel: 3, stride: stride, groups: groups),
                layer(3, inputs: width, outputs: outputs),
            ]
        } else {
            [
                layer(1, inputs: inputs, outputs: width, kernel: 3, stride: stride),
                layer(2, inputs: width, outputs: outputs, kernel: 3),
            ]
        }
    }

    /// What brings the input to the output's shape, where they differ.
    var shortcut: NormalisedConvolution? {
        guard stride != 1 || inputs != outputs else { return nil }
        return NormalisedConvolution(
            name: "\(name).downsample.0", normalisation: "\(name).downsample.1", inputs: inputs, outputs: outputs,
            stride: stride, padding: .symmetric(0))
    }

    private func layer(
        _ number: Int, inputs: Int, outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1
    ) -> NormalisedConvolution {
        NormalisedConvolution(
            name: "\(name).conv\(number)", normalisation: "\(name).bn\(number)", inputs: inputs, outputs: outputs,
            kernel: kernel, stride: stride, groups: groups, padding: .symmetric(kernel / 2))
    }
}
