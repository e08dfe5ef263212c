import SemblanceCore

extension Embedding {
    /// A network's output, scaled to unit length.
    /// - Throws: `model-engine-failed` if it has none.
    init(output: ArraySlice<Float>, of version: ModelVersion) throws(ModelError) {
        guard let embedding = Embedding(normalising: Array(output)) else {
            throw ModelError(
                .engineFailed,
                "The model '\(version.modelID)' gave a vector that is not finite or has no length. "
                    + "Try --precision f32; if that does not help, its weights are damaged: pull it again.")
        }
        self = embedding
    }
}
