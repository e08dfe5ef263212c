import SemblanceCore

extension Engine {
    /// Merges what a run says about images that are in the catalogue already into their metadata.
    func mergeMetadata(_ patches: [(image: CatalogueImage.ID, metadata: JSONValue)]) async throws {
        let wanted = patches.filter { $0.metadata != .object([:]) }
        guard !wanted.isEmpty else { return }
        let images = try await store.images(wanted.map(\.image))
        let byID = Dictionary(images.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (id, metadata) in wanted {
            guard let image = byID[id] else { continue }
            let merged = image.metadata.merging(patch: metadata)
            if merged != image.metadata { try await store.setMetadata(merged, of: id) }
        }
    }

    /// The same for files that are recorded unchanged.
    func mergeMetadata(ofUnchanged items: [IngestItem], in catalogue: Catalogue.ID) async throws {
        var patches: [(image: CatalogueImage.ID, metadata: JSONValue)] = []
        for item in items where item.metadata != .object([:]) {
            guard case .file(let file) = item.origin else { continue }
            let found = try await store.sourcePaths(in: catalogue, under: file.path, after: nil, limit: 1)
            if let source = found.first, source.path == file.path { patches.append((source.image, item.metadata)) }
        }
        try await mergeMetadata(patches)
    }
}
