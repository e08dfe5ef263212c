import SemblanceCore

/// Catalogues out of a store, page by page: memory does not grow with their number.
///
/// A store may change while it is read. Each page is of one moment; what is taken in later has a later number and is
/// met by a later page.
public struct StoreSource: TransferSource {
    private static let pageSize = 256
    let stores: TransferStores

    public init(_ stores: TransferStores) {
        self.stores = stores
    }

    public func catalogues() async throws -> [TransferredCatalogue] {
        var found: [TransferredCatalogue] = []
        for catalogue in try await stores.catalogues.catalogues() {
            found.append(
                TransferredCatalogue(
                    name: catalogue.name, modelID: catalogue.modelID, createdAt: catalogue.createdAt,
                    filterableKeys: catalogue.filterableKeys,
                    imageCount: try await stores.catalogues.imageCount(in: catalogue.id, matching: nil)))
        }
        return found
    }

    public func keys() async throws -> [APIKey] { try await stores.keys.keys() }

    public func pathOfOriginal(_ hash: ContentHash) -> String { stores.files.path(of: hash) }

    public func forEachPage(
        of catalogue: TransferredCatalogue, _ body: @Sendable ([ImageRecord]) async throws -> Void
    ) async throws {
        let id = try await stores.catalogues.catalogue(named: catalogue.name).id
        let spaces = try await stores.catalogues.embeddingCounts(in: id).map(\.space)
        try await forEachPage(of: id) { images in
            try await body(try await stores.catalogues.records(of: images, in: spaces))
        }
        // What came in since then, or was discarded, has embeddings that were not read.
        guard try await stores.catalogues.catalogue(named: catalogue.name).modelID == catalogue.modelID else {
            throw TransferError(
                .modelChanged,
                "The catalogue '\(catalogue.name)' was given another model while it was read; start again.")
        }
    }

    public func forEachPageOfOriginals(
        of catalogue: TransferredCatalogue, _ body: @Sendable ([ContentHash]) async throws -> Void
    ) async throws {
        let id = try await stores.catalogues.catalogue(named: catalogue.name).id
        try await forEachPage(of: id) { images in
            try await body(images.filter { $0.location == .stored }.map(\.hash))
        }
    }

    private func forEachPage(
        of catalogue: Catalogue.ID, _ body: ([CatalogueImage]) async throws -> Void
    ) async throws {
        var cursor: CatalogueImage.ID?
        while true {
            try Task.checkCancellation()
            let images = try await stores.catalogues.images(
                in: catalogue, matching: nil, after: cursor, limit: Self.pageSize)
            guard let last = images.last else { return }
            try await body(images)
            cursor = last.id
        }
    }
}

extension CatalogueStore {
    /// Images with their sources and embeddings.
    func records(of images: [CatalogueImage], in spaces: [EmbeddingSpace]) async throws -> [ImageRecord] {
        let ids = images.map(\.id)
        var sources: [CatalogueImage.ID: [SourceFile]] = [:]
        for (file, image) in try await self.sources(of: ids) { sources[image, default: []].append(file) }
        var embeddings: [CatalogueImage.ID: [(model: ModelVersion, embedding: Embedding)]] = [:]
        for space in spaces {
            for (image, embedding) in try await self.embeddings(of: ids, in: space) {
                embeddings[image, default: []].append((space.model, embedding))
            }
        }
        return images.map {
            ImageRecord(image: $0, sources: sources[$0.id] ?? [], embeddings: embeddings[$0.id] ?? [])
        }
    }
}
