import Foundation
import SemblanceCore
import Synchronization

/// Every model that can be used: finds its weights, checks them, and loads each once.
///
/// Weights lie at `<cache folder>/models/<model id>/<file>`, compiled models in `<cache folder>/openvino`; both may be
/// deleted at any time. Loading and pulling run on threads of the registry's own.
public final class ModelRegistry: ModelProvider {
    /// Where models are, and how they run.
    public struct Configuration: Hashable, Sendable {
        /// Shared by all data folders: an absolute path.
        public var cacheFolder: String
        /// The user's `model_config.json`; a file that is missing counts as empty. Default: none.
        public var configPath: String?
        /// The model that is used when none is named. Default: `efficientnet-lite0`.
        public var defaultModelID: String
        /// Arithmetic inside networks. Default: the engine's choice.
        public var precision: Precision
        /// Inferences at the same time, one thread each. Default: one for each core. 1…256.
        public var streamCount: Int?
        /// Whether nothing may be downloaded. Default: no.
        public var isOffline: Bool
        /// The Python whose pip downloads wheels: a path, or a name to find in `PATH`. Default: `python3`.
        public var pythonPath: String

        public init(
            cacheFolder: String, configPath: String? = nil, defaultModelID: String = ModelManifest.builtIn[0].modelID,
            precision: Precision = .default, streamCount: Int? = nil, isOffline: Bool = false,
            pythonPath: String = "python3"
        ) {
            self.cacheFolder = cacheFolder
            self.configPath = configPath
            self.defaultModelID = defaultModelID
            self.precision = precision
            self.streamCount = streamCount
            self.isOffline = isOffline
            self.pythonPath = pythonPath
        }
    }

    public let configuration: Configuration
    /// Every manifest: the built-in ones first, then those of the configuration.
    public let manifests: [ModelManifest]
    /// What is wrong with the user's configuration, one for each bad entry; the rest of it counts.
    public let warnings: [ModelError]
    let files: ModelFiles
    /// Loading is one at a time: it is bound by memory and by the engine's own threads.
    private let loading = ThreadPool(name: "model-load", threadCount: 1)
    /// Downloads take minutes and must not keep a search's model waiting.
    let pulling = ThreadPool(name: "model-pull", threadCount: 1)
    private let loader: ModelLoader
    private let embedders = Mutex<[String: Task<OpenVINOEmbedder, any Error>]>([:])
    private let textEmbedders = Mutex<[String: Task<OpenVINOTextEmbedder, any Error>]>([:])
    private let loaded = Mutex<Set<String>>([])

    /// Reads the configuration; touches no weights.
    /// - Throws: `ModelError` with `model-unknown` if there is no model with the default's id.
    public init(configuration: Configuration) throws {
        var manifests = ModelManifest.builtIn
        var warnings: [ModelError] = []
        if let path = configuration.configPath {
            let file = ModelConfigurationFile(path: path, changing: manifests)
            manifests = file.manifests
            warnings = file.warnings
        }
        self.configuration = configuration
        self.manifests = manifests
        self.warnings = warnings
        files = ModelFiles(cacheFolder: configuration.cacheFolder)
        loader = ModelLoader(
            files: files,
            options: EngineOptions(precision: configuration.precision, streamCount: configuration.streamCount))
        _ = try manifest(for: configuration.defaultModelID)
    }

    deinit {
        loading.shutDown()
        pulling.shutDown()
    }

    public var defaultModelID: String { configuration.defaultModelID }

    /// - Throws: `ModelError` with `model-unknown`.
    public func manifest(for modelID: String) throws -> ModelManifest {
        guard let manifest = manifests.first(where: { $0.modelID == modelID || $0.names.contains(modelID) }) else {
            let known = manifests.map(\.modelID).joined(separator: ", ")
            throw ModelError(.unknownModel, "There is no model '\(modelID.prefix(64))'. Known are: \(known).")
        }
        return manifest
    }

    public func models() -> [ModelDescription] {
        let loaded = loaded.withLock { $0 }
        return manifests.map { manifest in
            let byteCount = files.byteCount(of: manifest)
            let state: ModelDescription.State =
                loaded.contains(manifest.modelID) ? .loaded : byteCount == nil ? .missing : .available
            return ModelDescription(
                modelID: manifest.modelID, names: manifest.names, family: manifest.family,
                dimension: manifest.dimension, hasText: manifest.tokenizer != nil,
                licence: manifest.licence, byteCount: manifest.byteCount ?? byteCount, summary: manifest.summary,
                state: state, isDefault: manifest.modelID == defaultModelID)
        }
    }

    /// Where a model's weights lie, or would; `nil` for a model that cannot be had.
    public func weightsPath(for modelID: String) throws -> String? {
        files.path(of: try manifest(for: modelID))
    }

    public func embedder(for modelID: String) async throws -> any Embedder {
        let manifest = try manifest(for: modelID)
        return try await shared(manifest, in: embedders) { [self] in
            let embedder = try loader.load(manifest)
            loaded.withLock { _ = $0.insert(manifest.modelID) }
            return embedder
        }
    }

    public func textEmbedder(for modelID: String) async throws -> any TextEmbedder {
        let manifest = try manifest(for: modelID)
        guard let tokenizer = manifest.tokenizer else { throw textUnsupported(by: manifest) }
        return try await shared(manifest, in: textEmbedders) { [loader] in
            try loader.loadText(manifest, tokenizer: tokenizer)
        }
    }

    private func textUnsupported(by manifest: ModelManifest) -> ModelError {
        let others = manifests.filter { $0.tokenizer != nil }.map(\.modelID)
        let advice =
            others.isEmpty
            ? "No model that is known can." : "Models that can: \(others.joined(separator: ", "))."
        return ModelError(
            .textUnsupported, "The model '\(manifest.modelID)' cannot embed text, only images. \(advice)")
    }

    /// The loaded part of a model, or loads it. A part that could not be loaded is tried again by the next call: the
    /// weights may have been pulled by then.
    private func shared<Part: Sendable>(
        _ manifest: ModelManifest, in parts: borrowing Mutex<[String: Task<Part, any Error>]>,
        load: @escaping @Sendable () throws -> Part
    ) async throws -> Part {
        // The task is shared and not a child: a caller that gives up does not spoil it for the others.
        let task = parts.withLock { parts in
            if let task = parts[manifest.modelID] { return task }
            let task = Task { [loading] in try await loading.run(load) }
            parts[manifest.modelID] = task
            return task
        }
        do {
            return try await task.value
        } catch {
            parts.withLock { if $0[manifest.modelID] == task { $0[manifest.modelID] = nil } }
            throw error
        }
    }
}
