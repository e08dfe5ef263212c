import SemblanceCore
import SemblanceTesting

/// Models that are known at once and loaded when a test lets them, or refuse to.
struct SlowModels: ModelProvider {
    private let small = SmallModels()
    /// What loading waits for.
    let load: @Sendable () async throws -> Void

    var defaultModelID: String { small.defaultModelID }
    func models() -> [ModelDescription] { small.models() }
    func textEmbedder(for modelID: String) async throws -> any TextEmbedder {
        try await small.textEmbedder(for: modelID)
    }

    func embedder(for modelID: String) async throws -> any Embedder {
        try await load()
        return try await small.embedder(for: modelID)
    }

    func open(_ modelID: String) async throws -> OpenedModel {
        let embedder = try await small.embedder(for: modelID)
        return OpenedModel(
            version: embedder.version, preprocessing: embedder.preprocessing,
            preferredBatchSize: embedder.preferredBatchSize
        ) { try await self.embedder(for: modelID) }
    }
}
