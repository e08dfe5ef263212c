import SemblanceCore

extension Engine {
    /// Makes a model the catalogue's own: what searches use when none is named.
    /// - Parameter isForced: even if images lack an embedding of it; searches do not find those until they have one.
    /// - Returns: the catalogue as it is then.
    /// - Throws: `ModelError`: `model-unknown`, `model-embeddings-missing`, `model-changed-meanwhile`, and those of a model
    ///   that cannot be loaded, such as `model-weights-missing`; `StoreError`.
    public func useModel(_ modelID: String, ofCatalogue name: String, isForced: Bool = false) async throws -> Catalogue
    {
        let catalogue = try await store.catalogue(named: name)
        let modelID = try knownModel(modelID)
        // Forced or not: with a model that cannot be loaded no search would succeed.
        let embedder = try await dependencies.models.embedder(for: modelID)
        if isForced {
            try await store.setModel(modelID, of: catalogue.id)
            return try await store.catalogue(named: name)
        }
        // Open before the first search asks for it.
        _ = try await dependencies.indexes.index(for: space(of: catalogue, embedder))
        switch try await store.switchModel(from: catalogue.modelID, to: space(of: catalogue, embedder)) {
        case .switched: return try await store.catalogue(named: name)
        case .lacking(let count):
            throw ModelError(
                .embeddingsMissing,
                "\(count) image\(count == 1 ? " of the catalogue has" : "s of the catalogue have") no embedding of "
                    + "'\(modelID)'. Embed them with 'semblance models reembed --to \(modelID)', or force it: "
                    + "searches do not find them then.")
        case .changedMeanwhile(let present):
            throw ModelError(
                .changedMeanwhile, "The catalogue's model was changed to '\(present)' meanwhile; try again.")
        }
    }

    /// Work that embeds a catalogue's images with another model.
    /// - Parameter from: the model that the catalogue is expected to have; `nil` takes any.
    /// - Throws: `ModelError`: `model-unknown`, or `model-changed-meanwhile` if it has another; `StoreError`.
    public func reembedWork(
        forCatalogue name: String, from: String? = nil, to: String, switching: ReembedWork.Switch = .whenComplete,
        discards: Bool = false
    ) async throws -> ReembedWork {
        let catalogue = try await store.catalogue(named: name)
        let to = try knownModel(to)
        // The old model may not be known any more.
        let from = from.map { (try? knownModel($0)) ?? $0 }
        if let from, from != catalogue.modelID, to != catalogue.modelID {
            throw ModelError(
                .changedMeanwhile, "The model of catalogue '\(name)' is '\(catalogue.modelID)', not '\(from)'.")
        }
        return ReembedWork(
            catalogue: name, from: from ?? catalogue.modelID, to: to, switching: switching, discards: discards)
    }

    /// How many embeddings a catalogue has of each model version.
    public func embeddingCounts(ofCatalogue name: String) async throws -> [EmbeddingCount] {
        try await store.embeddingCounts(in: try await store.catalogue(named: name).id)
    }
}
