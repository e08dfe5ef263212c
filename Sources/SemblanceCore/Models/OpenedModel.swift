import Synchronization

/// A model whose weights are known, while its network may still be on its way into the engine.
///
/// Ingestion lists, reads and decodes meanwhile: all that it needs for that is known at once.
public final class OpenedModel: Sendable {
    public let version: ModelVersion
    public let preprocessing: Preprocessing
    /// As `Embedder.preferredBatchSize`.
    public let preferredBatchSize: Int
    private let progress: Progress
    private let loading: Task<any Embedder, any Error>

    /// Starts loading.
    public init(
        version: ModelVersion, preprocessing: Preprocessing, preferredBatchSize: Int,
        load: @escaping @Sendable () async throws -> any Embedder
    ) {
        let progress = Progress()
        self.version = version
        self.preprocessing = preprocessing
        self.preferredBatchSize = preferredBatchSize
        self.progress = progress
        loading = Task {
            defer { progress.end() }
            return try await load()
        }
    }

    /// A model that is loaded.
    public init(_ embedder: any Embedder) {
        version = embedder.version
        preprocessing = embedder.preprocessing
        preferredBatchSize = embedder.preferredBatchSize
        progress = Progress()
        progress.end()
        loading = Task { embedder }
    }

    /// Whether `embedder` returns, or throws, without waiting.
    public var hasEndedLoading: Bool { progress.hasEnded }

    /// Waits until the model is loaded.
    /// - Throws: what loading threw; to each caller.
    public var embedder: any Embedder {
        get async throws { try await loading.value }
    }

    private final class Progress: Sendable {
        private let ended = Mutex(false)

        var hasEnded: Bool { ended.withLock { $0 } }

        func end() { ended.withLock { $0 = true } }
    }
}
