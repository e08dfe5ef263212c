import Foundation
import SemblanceCore
import Synchronization

/// A network that was read and not compiled yet.
struct OpenedNetwork: Sendable {
    let network: Network
    let version: ModelVersion
    let preprocessing: Preprocessing
}

/// Turns a manifest into an embedder: weights, network, graph, engine. Blocks.
final class ModelLoader: Sendable {
    let files: ModelFiles
    private let options: EngineOptions
    /// Started with the first model.
    private let runtime = Mutex<OpenVINORuntime?>(nil)

    init(files: ModelFiles, options: EngineOptions) {
        self.files = files
        self.options = options
    }

    /// Whatever the model is made of.
    /// - Throws: as `load`.
    func embedder(of manifest: ModelManifest) throws(ModelError) -> any Embedder {
        guard let family = ClassicalFamily.named(manifest.family) else { return try load(manifest) }
        return try ClassicalEmbedder(family, manifest)
    }

    /// Reads a model's weights, checks them and builds its network.
    /// - Throws: `ModelError`: `model-weights-missing`, `model-hash-mismatch`, `model-unsupported-architecture`,
    ///   `model-checkpoint-damaged`, `model-checkpoint-forbidden`, `model-unexpected-tensors`.
    func open(_ manifest: ModelManifest) throws(ModelError) -> OpenedNetwork {
        try manifest.preprocessing.validate()
        let (network, hash) = try network(of: manifest)
        return OpenedNetwork(
            network: network,
            version: try version(
                of: manifest, weights: hash, dimension: network.dimension, revision: network.revision),
            preprocessing: manifest.preprocessing)
    }

    /// - Throws: as `open`; `model-engine-failed`.
    func load(_ manifest: ModelManifest) throws(ModelError) -> OpenVINOEmbedder {
        try load(open(manifest), forms: .all)
    }

    /// Compiles a network.
    /// - Throws: `model-engine-failed`.
    func load(_ opened: OpenedNetwork, forms: OpenVINOEmbedder.Forms) throws(ModelError) -> OpenVINOEmbedder {
        try CompileLock.hold(in: files.compiledFolder) { () throws(ModelError) in
            try OpenVINOEmbedder(
                network: opened.network, version: opened.version, preprocessing: opened.preprocessing,
                runtime: startedRuntime(), options: options, forms: forms)
        }
    }

    /// Compiles the form for single images of a model that has only the one for batches. The weights are read again:
    /// kept until then, they would take memory that few need.
    /// - Throws: as `load`.
    func complete(_ embedder: OpenVINOEmbedder, of manifest: ModelManifest) throws(ModelError) -> OpenVINOEmbedder {
        let opened = try open(manifest)
        guard opened.version == embedder.version else { return try load(opened, forms: .all) }
        return try CompileLock.hold(in: files.compiledFolder) { () throws(ModelError) in
            try embedder.completed(with: opened.network, runtime: startedRuntime(), options: options)
        }
    }

    /// Loads a model's text tower; its version is that of the images' embeddings.
    /// - Throws: as `load`, also if the tokenizer's vocabulary is missing; `model-text-unsupported`.
    func loadText(_ manifest: ModelManifest, tokenizer: TextTokenizer) throws(ModelError) -> OpenVINOTextEmbedder {
        let vocabulary = try files.vocabulary(of: tokenizer)
        let (file, hash) = try files.open(manifest)
        let family = try family(of: manifest)
        let checkpoint = try Checkpoint.read(file)
        let architecture = try architecture(of: manifest, family: family, in: checkpoint)
        let weights = try StateDict(checkpoint, expecting: architecture.expectedTensors)
        guard let tower = try architecture.textTower(from: weights) else {
            throw ModelError(
                .textUnsupported, "The weights in '\(file.name)' of '\(manifest.modelID)' hold no text tower.")
        }
        let version = try version(
            of: manifest, weights: hash, dimension: architecture.dimension, revision: family.revision)
        return try CompileLock.hold(in: files.compiledFolder) { () throws(ModelError) in
            try OpenVINOTextEmbedder(
                tower, tokenizer: BytePairTokenizer(vocabulary), version: version, runtime: startedRuntime(),
                options: options)
        }
    }
}

extension ModelLoader {
    func family(of manifest: ModelManifest) throws(ModelError) -> any Architecture.Type {
        if let family = ArchitectureFamily.named(manifest.family) { return family }
        guard ClassicalFamily.named(manifest.family) == nil else {
            throw ModelError(
                .unsupportedArchitecture, "The model '\(manifest.modelID)' is computed from pixels and has no network.")
        }
        let families = ArchitectureFamily.all.map { $0.family } + Self.foreignFamilies
        let known = (families + ClassicalFamily.all.map { $0.family }).joined(separator: ", ")
        throw ModelError(
            .unsupportedArchitecture,
            "The model '\(manifest.modelID)' is of the family '\(manifest.family)', which this version cannot load. "
                + "It can load: \(known).")
    }

    func network(
        of manifest: ModelManifest, family: any Architecture.Type, in file: CheckpointFile
    ) throws(ModelError) -> Network {
        let checkpoint = try Checkpoint.read(file)
        let architecture = try architecture(of: manifest, family: family, in: checkpoint)
        let graph = try architecture.graph(from: checkpoint, size: manifest.preprocessing.size)
        return Network(
            body: .onnx(try graph.serialised()), dimension: architecture.dimension, revision: family.revision)
    }

    private func architecture(
        of manifest: ModelManifest, family: any Architecture.Type, in checkpoint: Checkpoint
    ) throws(ModelError) -> any Architecture {
        if let architecture = try family.recognise(checkpoint, options: manifest.options) { return architecture }
        throw ModelError(
            .unexpectedTensors,
            "The weights in '\(checkpoint.fileName)' are not of the family '\(manifest.family)'. "
                + "Correct 'model_type' or 'model_path' of '\(manifest.modelID)'.")
    }

    private func version(
        of manifest: ModelManifest, weights: ContentHash, dimension: Int, revision: Int
    ) throws(ModelError) -> ModelVersion {
        guard dimension == manifest.dimension else {
            throw ModelError(
                .invalidManifest,
                "The model '\(manifest.modelID)' gives \(dimension) dimensions; its manifest says "
                    + "\(manifest.dimension). Correct 'model_dim'.")
        }
        return ModelVersion(
            modelID: manifest.modelID, dimension: dimension, weights: weights, family: manifest.family,
            options: manifest.options, revision: revision, preprocessing: manifest.preprocessing)
    }

    func startedRuntime() throws(ModelError) -> OpenVINORuntime {
        try runtime.withLock { runtime throws(ModelError) in
            if let runtime { return runtime }
            let started = try OpenVINORuntime(cacheFolder: files.compiledFolder)
            runtime = started
            return started
        }
    }
}
