import SemblanceCore

extension EfficientNetLite {
    private struct Block {
        let expand: NormalisedConvolution?
        let depthwise: NormalisedConvolution
        let project: NormalisedConvolution

        var layers: [NormalisedConvolution] { [expand, depthwise, project].compactMap { $0 } }
        /// The input is added to the output where their shapes agree.
        var hasShortcut: Bool { depthwise.stride == 1 && (expand ?? depthwise).inputs == project.outputs }
    }

    /// The normalisations have TensorFlow's default, which the training used.
    private static func layer(
        _ name: String, _ normalisation: String, inputs: Int, outputs: Int, kernel: Int = 1, stride: Int = 1,
        groups: Int = 1
    ) -> NormalisedConvolution {
        NormalisedConvolution(
            name: name, normalisation: normalisation, inputs: inputs, outputs: outputs, kernel: kernel, stride: stride,
            groups: groups, epsilon: 1e-3)
    }

    private var stem: NormalisedConvolution {
        Self.layer("_conv_stem", "_bn0", inputs: 3, outputs: stemWidth, kernel: 3, stride: 2)
    }

    private var head: NormalisedConvolution {
        Self.layer("_conv_head", "_bn1", inputs: stages.last?.width ?? stemWidth, outputs: dimension)
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
        let expand = layer("\(prefix)._expand_conv", "\(prefix)._bn0", inputs: inputs, outputs: inner)
        return Block(
            expand: stage.expansion == 1 ? nil : expand,
            depthwise: layer(
                "\(prefix)._depthwise_conv", "\(prefix)._bn1", inputs: inner, outputs: inner, kernel: stage.kernel,
                stride: stride, groups: inner),
            project: layer("\(prefix)._project_conv", "\(prefix)._bn2", inputs: inner, outputs: stage.width))
    }

    package var expectedTensors: [ExpectedTensor] {
        let layers = [stem] + blocks.flatMap(\.layers) + [head]
        // The classifier behind the embedding; every published file has 1,000 classes.
        return layers.flatMap(\.expectedTensors) + [
            ExpectedTensor("_fc.weight", [1000, dimension], isOptional: true),
            ExpectedTensor("_fc.bias", [1000], isOptional: true),
        ]
    }

    package func graph(from weights: StateDict, size: Int) throws(ModelError) -> ONNXGraph {
        var graph = ONNXGraph(name: Self.family, input: "pixels", shape: [nil, 3, size, size])
        var value = graph.relu6(try graph.convolution(graph.input, stem, from: weights))
        for block in blocks {
            value = try add(block, to: &graph, after: value, weights)
        }
        value = graph.relu6(try graph.convolution(value, head, from: weights))
        graph.output(graph.vector(value, pooling: pooling), dimension: dimension)
        return graph
    }

    private func add(
        _ block: Block, to graph: inout ONNXGraph, after input: ONNXGraph.Value, _ weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        var value = input
        if let expand = block.expand {
            value = graph.relu6(try graph.convolution(value, expand, from: weights))
        }
        value = graph.relu6(try graph.convolution(value, block.depthwise, from: weights))
        // The projection is linear: no activation.
        value = try graph.convolution(value, block.project, from: weights)
        return block.hasShortcut ? graph.add(value, input) : value
    }
}
