import SemblanceCore

/// Layers of attention, each with its normalisation before it: x + attention(norm x), then x + mlp(norm x).
///
/// Sources: Vaswani et al., "Attention Is All You Need" (2017); Dosovitskiy et al., "An Image Is Worth 16×16 Words"
/// (2021).
struct TransformerStack: Hashable, Sendable {
    /// What a publisher calls the parts of a layer.
    struct Names: Hashable, Sendable {
        enum Projections: Hashable, Sendable {
            /// Queries, keys and values in one tensor each, in this order.
            case joined(weight: String, bias: String)
            case separate(query: String, key: String, value: String)
        }

        /// What comes before a layer's number and a dot.
        var layers: String
        var attentionNorm: String
        var projections: Projections
        var attentionOutput: String
        /// A factor for each component of what attention adds; not every network has it.
        var attentionScale: String?
        var feedForwardNorm: String
        var expansion: String
        var contraction: String
        var feedForwardScale: String?

        func name(_ layer: Int, _ part: String) -> String { "\(layers).\(layer).\(part)" }
    }

    let names: Names
    let depth: Int
    /// Components of a token.
    let width: Int
    /// Components inside a feed-forward layer.
    let innerWidth: Int
    let headCount: Int
    let activation: NetworkOptions.Activation
    /// Added to the variance by every normalisation.
    let epsilon: Float
    let hasScales: Bool
    /// Whether a token attends only to itself and to earlier ones.
    let isCausal: Bool

    var headWidth: Int { width / headCount }
}

// MARK: - Recognition

extension TransformerStack {
    /// Reads depth and widths off the tensors' shapes.
    /// - Parameters:
    ///   - headWidth: components of an attention head for a stack of this width, which no tensor reveals.
    /// - Returns: `nil` if there is no layer 0 of these names.
    /// - Throws: `model-unexpected-tensors` if the width is no multiple of the heads'.
    init?(
        _ names: Names, in checkpoint: Checkpoint, activation: NetworkOptions.Activation, epsilon: Float,
        isCausal: Bool = false, headWidth: (_ width: Int) -> Int
    ) throws(ModelError) {
        guard let width = checkpoint[names.name(0, "\(names.attentionNorm).weight")]?.shape.first, width > 0,
            let innerWidth = checkpoint[names.name(0, "\(names.expansion).weight")]?.shape.first
        else { return nil }
        guard headWidth(width) > 0, width.isMultiple(of: headWidth(width)) else {
            throw ModelError(
                .unexpectedTensors,
                "The weights in '\(checkpoint.fileName)' have layers of width \(width) under '\(names.layers)'; "
                    + "expected a multiple of the attention heads' width, \(headWidth(width)). "
                    + "Set 'head_width' if the model was trained with another one.")
        }
        self.names = names
        var depth = 1
        while checkpoint[names.name(depth, "\(names.attentionNorm).weight")] != nil { depth += 1 }
        self.depth = depth
        self.width = width
        self.innerWidth = innerWidth
        headCount = width / headWidth(width)
        self.activation = activation
        self.epsilon = epsilon
        self.isCausal = isCausal
        hasScales = names.attentionScale.map { checkpoint[names.name(0, $0)] != nil } ?? false
    }

    var expectedTensors: [ExpectedTensor] { (0..<depth).flatMap(tensors) }

    private func tensors(_ layer: Int) -> [ExpectedTensor] {
        var tensors = projectionTensors(layer) + scaleTensors(layer)
        tensors += pair(layer, names.attentionNorm, [width], [width])
        tensors += pair(layer, names.attentionOutput, [width, width], [width])
        tensors += pair(layer, names.feedForwardNorm, [width], [width])
        tensors += pair(layer, names.expansion, [innerWidth, width], [innerWidth])
        return tensors + pair(layer, names.contraction, [width, innerWidth], [width])
    }

    private func pair(_ layer: Int, _ part: String, _ weight: [Int], _ bias: [Int]) -> [ExpectedTensor] {
        let name = names.name(layer, part)
        return [ExpectedTensor("\(name).weight", weight), ExpectedTensor("\(name).bias", bias)]
    }

    private func projectionTensors(_ layer: Int) -> [ExpectedTensor] {
        switch names.projections {
        case .joined(let weight, let bias):
            [
                ExpectedTensor(names.name(layer, weight), [3 * width, width]),
                ExpectedTensor(names.name(layer, bias), [3 * width]),
            ]
        case .separate(let query, let key, let value):
            [query, key, value].flatMap { pair(layer, $0, [width, width], [width]) }
        }
    }

    private func scaleTensors(_ layer: Int) -> [ExpectedTensor] {
        guard hasScales else { return [] }
        return [names.attentionScale, names.feedForwardScale].compactMap { part in
            part.map { ExpectedTensor(names.name(layer, $0), [width]) }
        }
    }
}
