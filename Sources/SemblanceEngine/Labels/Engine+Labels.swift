import SemblanceCore

/// Classes to choose from for an image.
public struct LabelRequest: Sendable {
    /// `nil` takes the default model.
    public var modelID: String?
    public var classes: [String]
    /// A text with `{}` where the class goes.
    public var prompt: String
    /// Classes to return, 1 or more.
    public var limit: Int

    public init(
        modelID: String? = nil, classes: [String], prompt: String = ZeroShotLabels.defaultPrompt, limit: Int = 5
    ) {
        self.modelID = modelID
        self.classes = classes
        self.prompt = prompt
        self.limit = limit
    }
}

public struct LabelResponse: Sendable {
    public let modelID: String
    /// Likeliest first.
    public let labels: [ScoredLabel]
    public let warnings: [String]
}

extension Engine {
    /// Names what an image file shows, out of the classes of a request.
    /// - Throws: `RequestError`, `ImageError`, `ModelError`: `model-text-unsupported` if the model knows images only.
    public func label(fileAt path: String, _ request: LabelRequest) async throws -> LabelResponse {
        guard request.limit > 0 else { throw RequestError(.invalidLimit, "k is 1 or more, not \(request.limit).") }
        let modelID = try knownModel(request.modelID ?? defaultModelID)
        // Before anything is loaded.
        _ = try ZeroShotLabels.texts(for: request.classes, prompt: request.prompt)
        let textEmbedder = try await dependencies.models.textEmbedder(for: modelID)
        let embedder = try await dependencies.models.embedder(for: modelID)
        let image = try await embedding.embed(fileAt: path, region: nil, with: embedder)
        let classes = try await ZeroShotLabels(
            classes: request.classes, prompt: request.prompt, embedder: textEmbedder, embedding: textEmbedding)
        return LabelResponse(
            modelID: modelID, labels: classes.labels(for: image, limit: request.limit), warnings: classes.warnings)
    }
}
