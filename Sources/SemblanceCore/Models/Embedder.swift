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

/// The models that can be used, and the loaded ones among them.
public protocol ModelProvider: Sendable {
    /// Every known model, in the registry's order.
    func models() -> [ModelDescription]
    /// The model that is used when none is named.
    var defaultModelID: String { get }
    /// Loads a model, or returns the loaded one; concurrent calls load once. May take seconds.
    /// - Throws: `ModelError`: `model-unknown`, `model-weights-missing`, `model-hash-mismatch`, …
    func embedder(for modelID: String) async throws -> any Embedder
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
    /// The family, such as `efficientnet-lite`, `resnet` or `openclip`.
    public let family: String
    public let dimension: Int
    public let licence: String
    /// Bytes of the weights file; `nil` if the registry does not know.
    public let byteCount: Int64?
    /// One sentence for people.
    public let summary: String
    public let state: State
    public let isDefault: Bool

    public init(
        modelID: String, family: String, dimension: Int, licence: String, byteCount: Int64?, summary: String,
        state: State, isDefault: Bool
    ) {
        self.modelID = modelID
        self.family = family
        self.dimension = dimension
        self.licence = licence
        self.byteCount = byteCount
        self.summary = summary
        self.state = state
        self.isDefault = isDefault
    }
}
