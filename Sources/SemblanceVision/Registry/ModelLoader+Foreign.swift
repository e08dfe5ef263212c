import SemblanceCore

extension ModelLoader {
    /// Families whose graphs their publishers built: nothing of them is known before they are read.
    static let foreignFamilies = [ONNXImageModel.family, OpenVINOImageModel.family]

    /// A manifest's network, whatever its family, and the hash of its weights.
    /// - Throws: as `load`.
    func network(of manifest: ModelManifest) throws(ModelError) -> (network: Network, hash: ContentHash) {
        if Self.foreignFamilies.contains(manifest.family) { return try foreignNetwork(of: manifest) }
        let family = try family(of: manifest)
        let (file, hash) = try files.open(manifest)
        return (try network(of: manifest, family: family, in: file), hash)
    }

    private func foreignNetwork(of manifest: ModelManifest) throws(ModelError) -> (network: Network, hash: ContentHash)
    {
        let (file, hash) = try files.open(manifest)
        let size = manifest.preprocessing.size
        guard manifest.family == OpenVINOImageModel.family else {
            let model = try ONNXImageModel(file, options: manifest.options, size: size, runtime: startedRuntime())
            return (model.network, hash)
        }
        guard let path = files.path(of: manifest) else {
            throw ModelError(.weightsMissing, "The model '\(manifest.modelID)' names no file ('model_path').")
        }
        let model = try OpenVINOImageModel(path: path, size: size, runtime: startedRuntime())
        guard manifest.companions.isEmpty else { return (model.network, hash) }
        // An entry of the configuration names the graph alone; its weights count all the same.
        let weights = try CheckpointFile(path: OpenVINOImageModel.weightsPath(of: path)).contentHash
        return (model.network, ContentHash(hashing: Array("graph \(hash)\nweights \(weights)".utf8)))
    }
}
