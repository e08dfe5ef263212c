import SemblanceCore

extension EfficientNetLite {
    /// TensorFlow's default, which the training used.
    private static let epsilon = 1e-3

    /// A convolution without bias and the batch normalisation after it.
    private struct Layer {
        let convolution: String
        let normalisation: String
        let inputs: Int
        let outputs: Int
        var kernel = 1
        var stride = 1
        var isDepthwise = false

        var shape: [Int] { [outputs, isDepthwise ? 1 : inputs, kernel, kernel] }
    }

    private struct Block {
        let expand: Layer?
        let depthwise: Layer
        let project: Layer

        var layers: [Layer] { [expand, depthwise, project].compactMap { $0 } }
        /// The input is added to the output where their shapes agree.
        var hasShortcut: Bool { depthwise.stride == 1 && (expand ?? depthwise).inputs == project.outputs }
    }

    private var stem: Layer {
        Layer(convolution: "_conv_stem", normalisation: "_bn0", inputs: 3, outputs: stemWidth, kernel: 3, stride: 2)
    }

    private var head: Layer {
        Layer(
            convolution: "_conv_head", normalisation: "_bn1", inputs: stages.last?.width ?? stemWidth,
            outputs: dimension)
    }

    private var blocks: [Block] {
        var blocks: [Block] = []
        var width = stemWidth
        for stage in stages {
            for repetition in 0..<stage.repeats {
                blocks.append(
                    Self.block(blocks.count, of: stage, inputs: width, stride: repetition == 0 ? stage.stride : 1))
                width = stage.width
            }
        }
        return blocks
    }

    /// The names count on within a block: without an expansion there is no `_bn0`.
    private static func block(_ number: Int, of stage: Stage, inputs: Int, stride: Int) -> Block {
        let prefix = "_blocks.\(number)"
        let inner = inputs * stage.expansion
        let expand = Layer(
            convolution: "\(prefix)._expand_conv", normalisation: "\(prefix)._bn0", inputs: inputs, outputs: inner)
        return Block(
            expand: stage.expansion == 1 ? nil : expand,
            depthwise: Layer(
                convolution: "\(prefix)._depthwise_conv", normalisation: "\(prefix)._bn1", inputs: inner,
                outputs: inner, kernel: stage.kernel, stride: stride, isDepthwise: true),
            project: Layer(
                convolution: "\(prefix)._project_conv", normalisation: "\(prefix)._bn2", inputs: inner,
                outputs: stage.width))
    }

    package var expectedTensors: [ExpectedTensor] {
        let layers = [stem] + blocks.flatMap(\.layers) + [head]
        let needed = layers.flatMap { layer in
            [ExpectedTensor("\(layer.convolution).weight", layer.shape)]
                + BatchNormalisation.expectedTensors(layer.normalisation, channels: layer.outputs)
        }
        // The classifier behind the embedding; every published file has 1,000 classes.
        return needed + [
            ExpectedTensor("_fc.weight", [1000, dimension], isOptional: true),
            ExpectedTensor("_fc.bias", [1000], isOptional: true),
        ]
    }

    package func graph(from weights: StateDict, size: Int) throws(ModelError) -> ONNXGraph {
        var graph = ONNXGraph(name: Self.family, input: "pixels", shape: [nil, 3, size, size])
        var value = graph.relu6(try add(stem, to: &graph, after: graph.input, weights))
        for block in blocks {
            value = try add(block, to: &graph, after: value, weights)
        }
        value = graph.relu6(try add(head, to: &graph, after: value, weights))
        graph.output(graph.flatten(graph.globalAveragePool(value)), dimension: dimension)
        return graph
    }

    private func add(
        _ block: Block, to graph: inout ONNXGraph, after input: ONNXGraph.Value, _ weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        var value = input
        if let expand = block.expand {
            value = graph.relu6(try add(expand, to: &graph, after: value, weights))
        }
        value = graph.relu6(try add(block.depthwise, to: &graph, after: value, weights))
        // The projection is linear: no activation.
        value = try add(block.project, to: &graph, after: value, weights)
        return block.hasShortcut ? graph.add(value, input) : value
    }

    private func add(
        _ layer: Layer, to graph: inout ONNXGraph, after input: ONNXGraph.Value, _ weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        let kernel = try weights.values("\(layer.convolution).weight", shape: layer.shape)
        let normalisation = try BatchNormalisation(
            layer.normalisation, channels: layer.outputs, epsilon: Self.epsilon, from: weights)
        return graph.convolution(
            input, normalisation.folded(into: kernel, shape: layer.shape, name: layer.convolution),
            stride: layer.stride, groups: layer.isDepthwise ? layer.outputs : 1)
    }
}
