import SemblanceCore

/// The value of a foreign network that is the embedding, and why it was chosen.
struct EmbeddingOutput: Hashable, Sendable {
    /// The value's name.
    let value: String
    /// For people: one sentence.
    let reason: String
    /// The names of the nodes that are left out, last first, for people; empty if the output is as it was.
    var removed: [String] = []
}

extension ONNXModelFile {
    /// Names that exporters give to embeddings, the best first.
    private static let embeddingNames = [
        "image_embeds", "image_embeddings", "image_embedding", "image_features", "embedding", "embeddings", "embeds",
        "sentence_embedding", "pooler_output", "features", "feature", "last_hidden_state",
    ]
    private static let classNames = ["logit", "prob", "class", "softmax", "score", "predict"]
    /// Numbers of classes that classifiers are published with: ImageNet 1k (also with a background class), 21k and its
    /// subsets, Places, iNaturalist, Open Images, CIFAR.
    private static let classCounts: Set<Int> = [
        1000, 1001, 11_221, 10_450, 11_821, 21_841, 21_843, 365, 8142, 10_000, 9605, 601, 100,
    ]
    /// Nobody compares pictures by fewer components; a narrower last layer tells classes apart.
    private static let fewestComponents = 64

    /// Chooses the embedding.
    /// - Parameter wanted: the name of any value in the graph; `nil` to choose.
    /// - Throws: `model-unsupported-architecture` if there is no value of that name.
    func embeddingOutput(named wanted: String?) throws(ModelError) -> EmbeddingOutput {
        if let wanted {
            guard writer(of: wanted) != nil else { throw noValue(named: wanted) }
            return EmbeddingOutput(value: wanted, reason: "The value '\(wanted)' is the embedding, as was asked.")
        }
        for name in Self.embeddingNames {
            guard let output = outputs.first(where: { $0.name.lowercased() == name }) else { continue }
            return EmbeddingOutput(
                value: output.name, reason: "The output '\(output.name)' is the embedding, by its name.")
        }
        let output = outputs.first { $0.shape?.count == 2 } ?? outputs[0]
        if let cut = penultimateFeatures(before: output.name) { return cut }
        return EmbeddingOutput(
            value: output.name,
            reason: outputs.count == 1
                ? "The output '\(output.name)' is the embedding: it does not end in a classifier."
                : "The output '\(output.name)' is the embedding, of \(outputs.count); --output names another.")
    }

    private func noValue(named wanted: String) -> ModelError {
        let known = outputs.map { "'\($0.name.prefix(80))'" }.joined(separator: ", ")
        return Self.unsupported(
            "there is no value '\(wanted.prefix(80))' in the graph; its outputs are \(known)")
    }

    /// Walks back from the output of a classifier over its activation and its last layer with weights.
    /// - Returns: `nil` if the graph does not end in a classifier.
    private func penultimateFeatures(before output: String) -> EmbeddingOutput? {
        var walk = BackwardWalk(value: output, file: self)
        walk.stepOverActivations()
        guard let layer = walk.lastLayer() else { return nil }
        let hints = Self.classNames.contains { output.lowercased().contains($0) }
        let isClassifier =
            walk.endsInActivation || hints || layer.outputs.map(Self.classCounts.contains) == true
            || layer.outputs.map { $0 < Self.fewestComponents } == true
        guard isClassifier, layer.input != output else { return nil }
        let classes = layer.outputs.map { " of \($0) classes" } ?? ""
        return EmbeddingOutput(
            value: layer.input,
            reason: "It ends in a classifier\(classes); the features before its last layer, '\(layer.input)', are the "
                + "embedding.",
            removed: walk.passed)
    }
}

/// A way back through a graph, from its output.
private struct BackwardWalk {
    private(set) var value: String
    private let file: ONNXModelFile
    /// Titles of the nodes that were stepped over.
    private(set) var passed: [String] = []
    /// Whether one of them makes probabilities.
    private(set) var endsInActivation = false
    private var passedPooling = false

    private static let activations: Set<String> = ["Softmax", "LogSoftmax", "Sigmoid", "HardSigmoid"]
    /// What only changes the form of the numbers.
    private static let forms: Set<String> = [
        "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Cast", "Dropout", "Transpose",
        "QuantizeLinear", "DequantizeLinear",
    ]
    private static let poolings: Set<String> = ["GlobalAveragePool", "AveragePool", "ReduceMean", "GlobalMaxPool"]

    init(value: String, file: ONNXModelFile) {
        self.value = value
        self.file = file
    }

    private mutating func step(over node: ONNXModelFile.Node) {
        passed.append(node.title)
        value = node.inputs.first ?? ""
    }

    /// Steps over what follows a classifier's last layer. Fully convolutional ones pool after it, behind a ReLU.
    mutating func stepOverActivations() {
        while let node = file.writer(of: value), !node.inputs.isEmpty {
            if Self.activations.contains(node.operation) {
                endsInActivation = true
            } else if Self.poolings.contains(node.operation) {
                passedPooling = true
            } else if !(Self.forms.contains(node.operation) || passedPooling && node.operation == "Relu") {
                return
            }
            step(over: node)
        }
    }

    /// The fully connected layer here, with its bias: what it reads, and how wide it is where the file says.
    mutating func lastLayer() -> (input: String, outputs: Int?)? {
        var biasWidth: Int?
        if let node = file.writer(of: value), node.operation == "Add", let layer = addend(of: node) {
            biasWidth = node.inputs.compactMap { shape(of: $0)?.last }.first
            passed.append(node.title)
            value = layer
        }
        guard let node = file.writer(of: value), node.inputs.count >= 2, let weights = shape(of: node.inputs[1]) else {
            return nil
        }
        let layer: (input: String, outputs: Int?)?
        switch node.operation {
        case "MatMul" where weights.count == 2: layer = (node.inputs[0], weights[1])
        case "Gemm" where weights.count == 2: layer = (node.inputs[0], weights[isTransposed(node) ? 0 : 1])
        case "Conv" where weights.count == 4 && weights[2] == 1 && weights[3] == 1 && isPooled(node.inputs[0]):
            layer = (node.inputs[0], weights[0])
        default: layer = nil
        }
        guard let layer else { return nil }
        passed.append(node.title)
        return (layer.input, layer.outputs ?? biasWidth)
    }

    /// The computed one of two addends, if the other is a constant.
    private func addend(of node: ONNXModelFile.Node) -> String? {
        guard node.inputs.count == 2 else { return nil }
        let computed = node.inputs.filter { shape(of: $0) == nil }
        return computed.count == 1 ? computed[0] : nil
    }

    private func isTransposed(_ gemm: ONNXModelFile.Node) -> Bool {
        if case .integer(1)? = gemm.attributes["transB"] { true } else { false }
    }

    /// The shape of a constant, also behind a conversion or a dequantisation; `nil` for a computed value.
    private func shape(of value: String) -> [Int]? {
        var name = value
        for _ in 0..<4 {
            if let constant = file.constants[name] { return constant.shape }
            guard let node = file.writer(of: name) else { return nil }
            switch node.operation {
            case "Constant":
                guard case .tensor(let tensor)? = node.attributes["value"] else { return nil }
                return tensor.shape
            case "Identity", "Cast", "DequantizeLinear":
                guard let input = node.inputs.first else { return nil }
                name = input
            default: return nil
            }
        }
        return nil
    }

    /// Whether a convolution without extent works on pooled features, before or behind it.
    private func isPooled(_ value: String) -> Bool {
        var name = value
        for _ in 0..<6 {
            guard !passedPooling else { return true }
            guard let node = file.writer(of: name), let input = node.inputs.first else { return false }
            if Self.poolings.contains(node.operation) { return true }
            guard Self.forms.contains(node.operation) || ["Relu", "HardSwish", "Mul", "Clip"].contains(node.operation)
            else { return false }
            name = input
        }
        return false
    }
}
