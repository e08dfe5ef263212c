import SemblanceCore

extension TransformerStack {
    private typealias Value = ONNXGraph.Value

    /// A fully connected layer's weights, `[outputs, inputs]`, and its bias.
    private struct Linear {
        let name: String
        let outputs: Int
        let inputs: Int
        var weights: [Float]
        var bias: [Float]

        /// Multiplies what comes out by a factor for each output.
        mutating func scale(by factors: [Float]) {
            for output in 0..<outputs {
                bias[output] *= factors[output]
                for index in (output * inputs)..<((output + 1) * inputs) { weights[index] *= factors[output] }
            }
        }

        func add(to graph: inout ONNXGraph, after value: ONNXGraph.Value) -> ONNXGraph.Value {
            graph.linear(value, name: name, outputs: outputs, inputs: inputs, weights: weights, bias: bias)
        }
    }

    /// Adds all layers.
    /// - Parameters:
    ///   - value: `[count, tokenCount, width]`.
    ///   - keepsFirstOnly: whether only the first token is wanted afterwards. The last layer then computes what that
    ///     one needs: its keys and values are of all tokens, all else of one.
    func add(
        to graph: inout ONNXGraph, after value: ONNXGraph.Value, tokenCount: Int, keepsFirstOnly: Bool,
        from weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        let mask = isCausal ? Self.causalMask(tokenCount, in: &graph) : nil
        var value = value
        for layer in 0..<depth {
            let isLast = layer == depth - 1
            value = try addAttention(
                layer, to: &graph, after: value, tokenCount: tokenCount,
                queryCount: isLast && keepsFirstOnly ? 1 : tokenCount, mask: mask, weights)
            value = try addFeedForward(layer, to: &graph, after: value, weights)
        }
        return value
    }

    private func addAttention(
        _ layer: Int, to graph: inout ONNXGraph, after value: Value, tokenCount: Int, queryCount: Int, mask: Value?,
        _ weights: StateDict
    ) throws(ModelError) -> Value {
        let (query, key, content) = try projections(layer, weights)
        let normal = try addNormalisation(layer, names.attentionNorm, to: &graph, after: value, weights)
        let isCut = queryCount < tokenCount
        let asking = isCut ? graph.tokens(0..<queryCount, of: normal) : normal
        let queries = heads(query.add(to: &graph, after: asking), tokenCount: queryCount, order: [0, 2, 1, 3], &graph)
        let keys = heads(key.add(to: &graph, after: normal), tokenCount: tokenCount, order: [0, 2, 3, 1], &graph)
        let contents = heads(
            content.add(to: &graph, after: normal), tokenCount: tokenCount, order: [0, 2, 1, 3], &graph)
        var scores = graph.matrixProduct(queries, keys)
        if let mask { scores = graph.add(scores, mask) }
        let mixed = graph.transpose(graph.matrixProduct(graph.softmax(scores), contents), [0, 2, 1, 3])
        var output = try linear(layer, names.attentionOutput, outputs: width, inputs: width, weights)
        try scale(&output, layer, by: names.attentionScale, weights)
        let added = output.add(to: &graph, after: graph.reshape(mixed, [0, queryCount, width]))
        return graph.add(isCut ? graph.tokens(0..<queryCount, of: value) : value, added)
    }

    private func addFeedForward(
        _ layer: Int, to graph: inout ONNXGraph, after value: Value, _ weights: StateDict
    ) throws(ModelError) -> Value {
        let normal = try addNormalisation(layer, names.feedForwardNorm, to: &graph, after: value, weights)
        let expansion = try linear(layer, names.expansion, outputs: innerWidth, inputs: width, weights)
        let inner = graph.activation(activation, of: expansion.add(to: &graph, after: normal))
        var contraction = try linear(layer, names.contraction, outputs: width, inputs: innerWidth, weights)
        try scale(&contraction, layer, by: names.feedForwardScale, weights)
        return graph.add(value, contraction.add(to: &graph, after: inner))
    }

    private func addNormalisation(
        _ layer: Int, _ part: String, to graph: inout ONNXGraph, after value: Value, _ weights: StateDict
    ) throws(ModelError) -> Value {
        try graph.layerNormalisation(
            value, named: names.name(layer, part), width: width, epsilon: epsilon, from: weights)
    }

    /// `[count, tokens, width]` as one matrix for each head.
    private func heads(_ value: Value, tokenCount: Int, order: [Int], _ graph: inout ONNXGraph) -> Value {
        graph.transpose(graph.reshape(value, [0, tokenCount, headCount, headWidth]), order)
    }

    /// What is added to a score where the second token comes after the first: so low that its share is zero, and within
    /// the range of every precision.
    private static func causalMask(_ tokenCount: Int, in graph: inout ONNXGraph) -> Value {
        let values = (0..<tokenCount).flatMap { row in (0..<tokenCount).map { $0 > row ? Float(-30_000) : 0 } }
        return graph.constant("mask", shape: [1, 1, tokenCount, tokenCount], values)
    }
}

// MARK: - Weights

extension TransformerStack {
    private func linear(
        _ layer: Int, _ part: String, outputs: Int, inputs: Int, _ weights: StateDict
    ) throws(ModelError) -> Linear {
        let name = names.name(layer, part)
        return Linear(
            name: name, outputs: outputs, inputs: inputs,
            weights: try weights.values("\(name).weight", shape: [outputs, inputs]),
            bias: try weights.values("\(name).bias", shape: [outputs]))
    }

    /// The factors that some networks apply to what a layer adds disappear into its weights.
    private func scale(
        _ linear: inout Linear, _ layer: Int, by part: String?, _ weights: StateDict
    ) throws(ModelError) {
        guard hasScales, let part else { return }
        linear.scale(by: try weights.values(names.name(layer, part), shape: [width]))
    }

    /// Queries, keys and values. The division of scores by the root of a head's width is done by the queries' weights:
    /// for the usual width of 64 it is by 8, which rounds nothing.
    private func projections(
        _ layer: Int, _ weights: StateDict
    ) throws(ModelError) -> (query: Linear, key: Linear, value: Linear) {
        var parts: [Linear] = []
        switch names.projections {
        case .separate(let query, let key, let value):
            for part in [query, key, value] {
                parts.append(try linear(layer, part, outputs: width, inputs: width, weights))
            }
        case .joined(let weight, let bias):
            let all = try weights.values(names.name(layer, weight), shape: [3 * width, width])
            let biases = try weights.values(names.name(layer, bias), shape: [3 * width])
            for (number, part) in ["query", "key", "value"].enumerated() {
                parts.append(
                    Linear(
                        name: names.name(layer, part), outputs: width, inputs: width,
                        weights: Array(all[(number * width * width)..<((number + 1) * width * width)]),
                        bias: Array(biases[(number * width)..<((number + 1) * width)])))
            }
        }
        let factor = 1 / Float(headWidth).squareRoot()
        parts[0].scale(by: [Float](repeating: factor, count: width))
        return (parts[0], parts[1], parts[2])
    }
}

extension ONNXGraph {
    /// A transformer's nonlinearity.
    mutating func activation(_ activation: NetworkOptions.Activation, of value: Value) -> Value {
        switch activation {
        case .gelu: gelu(value)
        case .quickGELU: quickGELU(value)
        }
    }

    /// A normalisation whose tensors are `name.weight` and `name.bias`.
    mutating func layerNormalisation(
        _ value: Value, named name: String, width: Int, epsilon: Float, from weights: StateDict
    ) throws(ModelError) -> Value {
        layerNormalisation(
            value, name: name, scale: try weights.values("\(name).weight", shape: [width]),
            shift: try weights.values("\(name).bias", shape: [width]), epsilon: epsilon)
    }
}
