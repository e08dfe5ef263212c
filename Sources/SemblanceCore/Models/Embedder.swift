/// A loaded model that turns prepared images into embeddings. Thread-safe; one instance is shared by all.
///
/// Calls block until the engine is done: run them on a `ThreadPool`, never on the cooperative pool.
public protocol Embedder: Sendable {
    var version: ModelVersion { get }
    var preprocessing: Preprocessing { get }
    /// Images that one call to `embed` should hold for best throughput.
    var preferredBatchSize: Int { get }
    /// Embeds images in the order given.
    /// - Throws: `ModelError` with `model-engine-failed`.
    func embed(_ images: [PreparedImage]) throws -> [Embedding]
}

/// A loaded model that turns texts into embeddings comparable with those of its images. Thread-safe.
///
/// Calls block until the engine is done: run them on a `ThreadPool`, never on the cooperative pool.
public protocol TextEmbedder: Sendable {
    /// The version of the images' embeddings: texts and images share one space.
    var version: ModelVersion { get }
    /// What scores are multiplied by before a softmax over several texts, as the model was trained.
    var logitScale: Float { get }
    /// Embeds texts in the order given. Any text has an embedding, the empty one too.
    /// - Throws: `ModelError` with `model-engine-failed`.
    func embed(_ texts: [String]) throws -> [EmbeddedText]
}

extension TextEmbedder {
    /// The scale at which CLIP's training ends: it is clipped there (Radford et al. 2021, section 2.5).
    public var logitScale: Float { 100 }
}

/// A text's embedding.
public struct EmbeddedText: Hashable, Sendable {
    public let embedding: Embedding
    /// Whether the text was longer than the model's context, so that its end was left out.
    public let isCut: Bool

    public init(embedding: Embedding, isCut: Bool) {
        self.embedding = embedding
        self.isCut = isCut
    }
}

/// The models that can be used, and the loaded ones among them.
public protocol ModelProvider: Sendable {
    /// Every known model, in the registry's order.
    func models() -> [ModelDescription]
    /// A model's id, whichever of its names is given; ids come before other names.
    /// - Throws: `ModelError` with `model-unknown`, naming those that are known.
    func modelID(named name: String) throws -> String
    /// The model that is used when none is named.
    var defaultModelID: String { get }
    /// Loads a model, or returns the loaded one; concurrent calls load once. May take seconds.
    /// - Throws: `ModelError`: `model-unknown`, `model-weights-missing`, `model-hash-mismatch`, …
    func embedder(for modelID: String) async throws -> any Embedder
    /// Opens a model for embedding many images: returns when its weights are read and checked, and goes on loading.
    /// What it comes to takes full batches best; queries use `embedder(for:)`.
    /// - Throws: as `embedder(for:)`, as far as the weights tell.
    func open(_ modelID: String) async throws -> OpenedModel
    /// Loads a model's text tower, or returns the loaded one.
    /// - Throws: as `embedder(for:)`; `model-text-unsupported`, naming models that have one, if this one has none.
    func textEmbedder(for modelID: String) async throws -> any TextEmbedder
}

extension ModelProvider {
    public func modelID(named name: String) throws -> String {
        let known = models()
        guard
            let model = known.first(where: { $0.modelID == name }) ?? known.first(where: { $0.names.contains(name) })
        else { throw ModelError.unknownModel(name, known: known.map(\.modelID)) }
        return model.modelID
    }

    /// Loads it whole, for a provider whose models load at once.
    public func open(_ modelID: String) async throws -> OpenedModel {
        OpenedModel(try await embedder(for: modelID))
    }
}

extension ModelError {
    /// No model has this name.
    package static func unknownModel(_ name: String, known: [String]) -> ModelError {
        ModelError(
            .unknownModel, "There is no model '\(name.prefix(64))'. Known are: \(known.joined(separator: ", ")).")
    }
}

/// A model's entry in the registry, for people and programs.
public struct ModelDescription: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable {
        /// Weights must be pulled first.
        case missing
        /// Weights are here.
        case available
        /// In memory and warm.
        case loaded
    }

    public let modelID: String
    /// Other names that mean this model.
    public let names: [String]
    /// The family, such as `efficientnet-lite`, `resnet` or `openclip`.
    public let family: String
    public let dimension: Int
    /// Whether texts can be embedded, too.
    public let hasText: Bool
    public let licence: String
    /// Bytes of the weights file; `nil` if the registry does not know.
    public let byteCount: Int64?
    /// One sentence for people.
    public let summary: String
    public let state: State
    public let isDefault: Bool

    public init(
        modelID: String, names: [String] = [], family: String, dimension: Int, hasText: Bool = false, licence: String,
        byteCount: Int64?, summary: String, state: State, isDefault: Bool
    ) {
        self.modelID = modelID
        self.names = names
        self.hasText = hasText
        self.family = family
        self.dimension = dimension
        self.licence = licence
        self.byteCount = byteCount
        self.summary = summary
        self.state = state
        self.isDefault = isDefault
    }
}
