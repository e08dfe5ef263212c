import SemblanceCore

extension Engine {
    /// Builds the indexes of a catalogue's own model, if they are large enough for it to pay.
    /// - Parameter report: is told how far the work is.
    public func buildIndex(
        ofCatalogue name: String, modelID: String? = nil, report: @escaping @Sendable (IndexBuildProgress) -> Void
    ) async throws -> IndexBuildOutcome {
        let catalogue = try await store.catalogue(named: name)
        let embedder = try await dependencies.models.embedder(for: try knownModel(modelID ?? catalogue.modelID))
        return try await dependencies.indexes.index(for: space(of: catalogue, embedder)).build(report: report)
    }

    /// Builds an index that many vectors have come into. Searches find all of them without, if not as quickly: what goes
    /// wrong fails nobody's job.
    func build(_ index: any VectorIndex, of catalogue: Catalogue) async throws {
        do {
            try await index.build { _ in }
        } catch {
            try Task.checkCancellation()
            logger.error(
                "a vector index was not built; searches go without",
                metadata: ["catalogue": "\(catalogue.name)", "error": "\(error)"])
        }
    }
}
