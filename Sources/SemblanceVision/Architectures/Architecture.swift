import SemblanceCore

/// A family of networks: from a publisher's weights to a graph that gives embeddings.
///
/// A new family is one more file, and one more entry in `ArchitectureFamily.all`.
package protocol Architecture: Sendable {
    /// The family's name in manifests, such as `efficientnet-lite`.
    static var family: String { get }
    /// Part of each model version: raised when the same weights would give other vectors than before.
    static var revision: Int { get }

    /// The publisher's preprocessing, for a model whose manifest says nothing else.
    static func preprocessing(options: NetworkOptions) -> Preprocessing

    /// Recognises a member of the family by its tensors.
    /// - Parameter options: what the tensors do not say. Without a variant, depth and width are read off the shapes.
    /// - Returns: `nil` if the tensors are another family's.
    /// - Throws: `model-unsupported-architecture` if the family has no such variant, `model-unexpected-tensors` if the
    ///   tensors are this family's but make no whole network.
    static func recognise(_ checkpoint: Checkpoint, options: NetworkOptions) throws(ModelError) -> Self?

    /// Components of an embedding.
    var dimension: Int { get }
    /// The publisher's preprocessing for these very tensors: a size that their shapes reveal is taken from them.
    var preprocessing: Preprocessing { get }
    /// The tensors that it reads, and those it knows and does not need.
    var expectedTensors: [ExpectedTensor] { get }

    /// Builds the network: input Float32 `[images, 3, size, size]`, normalised as the manifest says; output Float32
    /// `[images, dimension]`, not normalised.
    func graph(from weights: StateDict, size: Int) throws(ModelError) -> ONNXGraph

    /// Whether the tensors hold a network that embeds texts, too. Default: no.
    var hasTextTower: Bool { get }

    /// Builds the network that embeds texts; `nil` for a model of images only, as by default.
    func textTower(from weights: StateDict) throws(ModelError) -> TextTower?
}

/// The families that are built in.
package enum ArchitectureFamily {
    package static let all: [any Architecture.Type] = [
        EfficientNetLite.self, ResNet.self, VGG.self, CLIP.self, ViT.self,
    ]

    /// The family with this name, or `nil`.
    package static func named(_ family: String) -> (any Architecture.Type)? {
        all.first { $0.family == family }
    }
}

extension Architecture {
    package var hasTextTower: Bool { false }

    package func textTower(from weights: StateDict) throws(ModelError) -> TextTower? { nil }

    /// Checks all tensors of a checkpoint and builds the graph.
    package func graph(from checkpoint: Checkpoint, size: Int) throws(ModelError) -> ONNXGraph {
        try graph(from: StateDict(checkpoint, expecting: expectedTensors), size: size)
    }
}
