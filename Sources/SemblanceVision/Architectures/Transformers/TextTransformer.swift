import SemblanceCore

/// CLIP's text network: token and place embeddings, causal layers, and what the text's last token has become.
///
/// Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021).
struct TextTransformer: Hashable, Sendable {
    /// What a publisher calls the parts around the layers.
    struct Names: Hashable, Sendable {
        var tokens: String
        var positions: String
        var normAfter: String
        var layers: TransformerStack.Names
    }

    let names: Names
    let stack: TransformerStack
    let contextLength: Int
    let vocabularySize: Int
    let projection: Projection

    /// - Returns: `nil` if the weights hold no text network of these names.
    init?(
        _ names: Names, stack: TransformerStack?, projection: Projection?, in checkpoint: Checkpoint
    ) {
        guard let stack, let projection, let vocabularySize = checkpoint[names.tokens]?.shape.first,
            let contextLength = checkpoint[names.positions]?.shape.first
        else { return nil }
        self.names = names
        self.stack = stack
        self.contextLength = contextLength
        self.vocabularySize = vocabularySize
        self.projection = projection
    }

    var expectedTensors: [ExpectedTensor] {
        [
            ExpectedTensor(names.tokens, [vocabularySize, stack.width]),
            ExpectedTensor(names.positions, [contextLength, stack.width]),
            ExpectedTensor("\(names.normAfter).weight", [stack.width]),
            ExpectedTensor("\(names.normAfter).bias", [stack.width]),
        ] + stack.expectedTensors + projection.expectedTensors
    }

    func tower(from weights: StateDict) throws(ModelError) -> TextTower {
        let width = stack.width
        var graph = ONNXGraph(name: "text", input: "tokens", shape: [nil, contextLength], element: .int32)
        let table = graph.constant(
            names.tokens, shape: [vocabularySize, width],
            try weights.values(names.tokens, shape: [vocabularySize, width]))
        let places = graph.constant(
            names.positions, shape: [contextLength, width],
            try weights.values(names.positions, shape: [contextLength, width]))
        var value = graph.add(graph.rows(graph.input, of: table), places)
        value = try stack.add(
            to: &graph, after: value, tokenCount: contextLength, keepsFirstOnly: false, from: weights)
        // The end of a text has the largest number of all tokens.
        value = graph.tokenAtFirstMaximum(of: graph.input, in: value, tokenCount: contextLength)
        value = try graph.layerNormalisation(
            value, named: names.normAfter, width: width, epsilon: stack.epsilon, from: weights)
        graph.output(try projection.add(to: &graph, after: value, from: weights), dimension: projection.outputs)
        return TextTower(graph: graph, contextLength: contextLength, vocabularySize: vocabularySize)
    }
}

/// The matrix without bias that leads from a tower's width to the space that images and texts share.
struct Projection: Hashable, Sendable {
    let name: String
    let inputs: Int
    let outputs: Int
    /// Whether the tensor is `[inputs, outputs]`; PyTorch's own layers have it the other way round.
    let isByInputs: Bool

    /// - Returns: `nil` if there is no matrix of this name.
    init?(_ name: String, isByInputs: Bool, in checkpoint: Checkpoint) {
        guard let shape = checkpoint[name]?.shape, shape.count == 2 else { return nil }
        self.name = name
        self.isByInputs = isByInputs
        inputs = shape[isByInputs ? 0 : 1]
        outputs = shape[isByInputs ? 1 : 0]
    }

    private var shape: [Int] { isByInputs ? [inputs, outputs] : [outputs, inputs] }

    var expectedTensors: [ExpectedTensor] { [ExpectedTensor(name, shape)] }

    func add(
        to graph: inout ONNXGraph, after value: ONNXGraph.Value, from weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        let kept = graph.constant(name, shape: shape, try weights.values(name, shape: shape))
        return graph.matrixProduct(value, isByInputs ? kept : graph.transpose(kept, [1, 0]))
    }
}
