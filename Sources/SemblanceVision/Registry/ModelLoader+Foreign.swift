import SemblanceCore

extension ModelLoader {
    /// A network that its publisher built: nothing of it is known before it is read.
    func foreignNetwork(of manifest: ModelManifest) throws(ModelError) -> (network: Network, hash: ContentHash) {
        let (file, hash) = try files.open(manifest)
        let model = try ONNXImageModel(
            file, options: manifest.options, size: manifest.preprocessing.size, runtime: startedRuntime())
        return (model.network, hash)
    }
}
