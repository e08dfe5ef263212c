import SemblanceCore

extension Engine {
    /// Creates a catalogue. `modelID` is the model that it is embedded with; `nil` takes the default.
    /// - Throws: `RequestError` for the name or the keys, `ModelError` for an unknown model, `StoreError` if it exists.
    public func createCatalogue(
        named name: String, modelID: String?, filterableKeys: [String] = []
    ) async throws -> Catalogue {
        try Catalogue.validateName(name)
        let keys = try Catalogue.filterableKeys(filterableKeys)
        let modelID = try knownModel(modelID ?? defaultModelID)
        return try await store.createCatalogue(named: name, modelID: modelID, filterableKeys: keys)
    }

    /// Replaces the metadata keys that a catalogue's searches filter by. Filters on other keys stay as exact.
    /// - Throws: `RequestError` with `invalid-filterable-keys`; `StoreError`.
    public func setFilterableKeys(_ keys: [String], ofCatalogue name: String) async throws -> Catalogue {
        let keys = try Catalogue.filterableKeys(keys)
        let catalogue = try await store.catalogue(named: name)
        try await store.setFilterableKeys(keys, of: catalogue.id)
        return try await store.catalogue(named: name)
    }

    /// - Throws: `StoreError` with `catalogue-unknown`.
    public func catalogue(named name: String) async throws -> Catalogue {
        try await store.catalogue(named: name)
    }

    public func catalogues() async throws -> [Catalogue] {
        try await store.catalogues()
    }

    /// Deletes a catalogue with all its images, embeddings and indexes. Originals left in place are not touched.
    public func deleteCatalogue(named name: String) async throws {
        let catalogue = try await store.catalogue(named: name)
        try await removeFiles(after: {
            let orphans = try await store.deleteCatalogue(catalogue.id)
            // The catalogue is gone: what follows is tidying up.
            do { try await dependencies.indexes.removeIndexes(of: catalogue.id) } catch {
                logger.warning("an index is left over", metadata: ["catalogue": "\(name)", "error": "\(error)"])
            }
            return orphans
        })
    }

    public func statistics(ofCatalogue name: String) async throws -> CatalogueStatistics {
        try await store.statistics(of: try await store.catalogue(named: name).id)
    }

    /// The catalogue of this name; made with `modelID` if there is none.
    func catalogueForIngestion(named name: String, modelID: String) async throws -> Catalogue {
        do {
            return try await store.catalogue(named: name)
        } catch let error as StoreError where error.code == .unknownCatalogue {
            do {
                return try await createCatalogue(named: name, modelID: modelID)
            } catch let error as StoreError where error.code == .catalogueExists {
                return try await store.catalogue(named: name)
            }
        }
    }

    /// A model's id, whichever of its names is given.
    /// - Throws: `ModelError` with `model-unknown`, naming those that are known.
    public func knownModel(_ name: String) throws -> String { try dependencies.models.modelID(named: name) }

    /// Deletes rows and then the files that nobody needs any more, but for those that ingestion has claimed meanwhile.
    /// - Parameter deleteRows: returns the hashes of such files.
    func removeFiles(after deleteRows: @Sendable () async throws -> [ContentHash]) async throws {
        let files = self.files
        try await claims.remove(after: deleteRows, on: fileThreads) { try files.remove($0) }
    }
}
