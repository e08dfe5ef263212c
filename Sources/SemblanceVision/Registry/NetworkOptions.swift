/// What a manifest says about a network that no tensor reveals. `nil` everywhere means the family's own.
public struct NetworkOptions: Hashable, Sendable {
    /// The nonlinearity of a transformer's feed-forward layers.
    public enum Activation: String, Hashable, Sendable, Codable, CaseIterable {
        /// x · Φ(x), exact.
        case gelu
        /// x · σ(1.702 x), which OpenAI's CLIP was trained with.
        case quickGELU = "quick_gelu"
    }

    /// How a network's last features become one vector.
    public enum Pooling: String, Hashable, Sendable, Codable, CaseIterable {
        /// The first token: a transformer's class token.
        case cls
        /// The mean over places.
        case mean
        /// The generalised mean over places with exponent 3 (Radenović et al. 2018), as image retrieval prefers.
        case gem
    }

    /// The member of the family, such as `lite0`; `nil` to read it off the tensors.
    public var variant: String?
    public var activation: Activation?
    public var pooling: Pooling?
    /// Components of one attention head of a transformer, 1…1024, which must divide its width.
    public var headWidth: Int?
    /// The value of an ONNX graph that is the embedding, by name; `nil` to find it.
    public var output: String?

    public init(
        variant: String? = nil, activation: Activation? = nil, pooling: Pooling? = nil, headWidth: Int? = nil,
        output: String? = nil
    ) {
        self.variant = variant
        self.activation = activation
        self.pooling = pooling
        self.headWidth = headWidth
        self.output = output
    }
}

extension NetworkOptions {
    /// Equal options have equal text, in every later version: it is part of the model version.
    var canonicalText: String {
        let others = [
            activation.map { "activation \($0.rawValue)" }, pooling.map { "pooling \($0.rawValue)" },
            headWidth.map { "head width \($0)" }, output.map { "output \($0)" },
        ]
        return ([variant ?? "-"] + others.compactMap { $0 }).joined(separator: " ")
    }
}
