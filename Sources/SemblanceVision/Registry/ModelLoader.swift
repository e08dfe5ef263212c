import Foundation
import SemblanceCore
import Synchronization

/// Turns a manifest into an embedder: weights, network, graph, engine. Blocks.
final class ModelLoader: Sendable {
    private let files: ModelFiles
    private let options: EngineOptions
    /// Started with the first model.
    private let runtime = Mutex<OpenVINORuntime?>(nil)

    init(files: ModelFiles, options: EngineOptions) {
        self.files = files
        self.options = options
    }

    /// - Throws: `ModelError`: `model-weights-missing`, `model-hash-mismatch`, `model-unsupported-architecture`,
    ///   `model-checkpoint-damaged`, `model-checkpoint-forbidden`, `model-unexpected-tensors`, `model-engine-failed`.
    func load(_ manifest: ModelManifest) throws(ModelError) -> OpenVINOEmbedder {
        guard let family = ArchitectureFamily.named(manifest.family) else {
            let known = ArchitectureFamily.all.map { $0.family }.joined(separator: ", ")
            throw ModelError(
                .unsupportedArchitecture,
                "The model '\(manifest.modelID)' is of the family '\(manifest.family)', which this version cannot load. "
                    + "It can load: \(known).")
        }
        try manifest.preprocessing.validate()
        let (onnx, hash) = try graph(of: manifest, family: family)
        let version = ModelVersion(
            modelID: manifest.modelID, dimension: manifest.dimension, weights: hash, family: manifest.family,
            variant: manifest.variant, revision: family.revision, preprocessing: manifest.preprocessing)
        return try CompileLock.hold(in: files.compiledFolder) { () throws(ModelError) in
            try OpenVINOEmbedder(
                onnx: onnx, version: version, preprocessing: manifest.preprocessing, runtime: startedRuntime(),
                options: options)
        }
    }

    private func graph(
        of manifest: ModelManifest, family: any Architecture.Type
    ) throws(ModelError) -> (onnx: Data, hash: ContentHash) {
        let (file, hash) = try files.open(manifest)
        let checkpoint = try Checkpoint.read(file)
        guard let network = try family.recognise(checkpoint, variant: manifest.variant) else {
            throw ModelError(
                .unexpectedTensors,
                "The weights in '\(file.name)' are not of the family '\(manifest.family)'. "
                    + "Correct 'model_type' or 'model_path' of '\(manifest.modelID)'.")
        }
        guard network.dimension == manifest.dimension else {
            throw ModelError(
                .invalidManifest,
                "The model '\(manifest.modelID)' gives \(network.dimension) dimensions; its manifest says "
                    + "\(manifest.dimension). Correct 'model_dim'.")
        }
        return (try network.graph(from: checkpoint, size: manifest.preprocessing.size).serialised(), hash)
    }

    private func startedRuntime() throws(ModelError) -> OpenVINORuntime {
        try runtime.withLock { runtime throws(ModelError) in
            if let runtime { return runtime }
            let started = try OpenVINORuntime(cacheFolder: files.compiledFolder)
            runtime = started
            return started
        }
    }
}
