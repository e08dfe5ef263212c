import SemblanceCore

/// What a run says about a file whose image is in the catalogue already.
struct MetadataPatch: Sendable {
    let image: CatalogueImage.ID
    let metadata: JSONValue
    /// The file, as the user gave it.
    let shownPath: String
}

extension Engine {
    /// Merges what a run says about images that are in the catalogue already into their metadata.
    /// - Returns: the files whose image would have more metadata than an image may; those images stay as they are.
    func mergeMetadata(_ patches: [MetadataPatch]) async throws -> [FileFailure] {
        let wanted = patches.filter { $0.metadata != .object([:]) }
        guard !wanted.isEmpty else { return [] }
        let images = try await store.images(wanted.map(\.image))
        let byID = Dictionary(images.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var failures: [FileFailure] = []
        for patch in wanted {
            guard let image = byID[patch.image] else { continue }
            let merged = image.metadata.merging(patch: patch.metadata)
            guard merged != image.metadata else { continue }
            do throws(RequestError) {
                try Metadata.validate(merged)
            } catch {
                failures.append(FileFailure(path: patch.shownPath, error: error))
                continue
            }
            try await store.setMetadata(merged, of: patch.image)
        }
        return failures
    }

    /// The same for files that are recorded unchanged.
    func mergeMetadata(ofUnchanged items: [IngestItem], in catalogue: Catalogue.ID) async throws -> [FileFailure] {
        var patches: [MetadataPatch] = []
        for item in items where item.metadata != .object([:]) {
            guard case .file(let file) = item.origin else { continue }
            let found = try await store.sourcePaths(in: catalogue, under: file.path, after: nil, limit: 1)
            guard let source = found.first, source.path == file.path else { continue }
            patches.append(
                MetadataPatch(image: source.image, metadata: item.metadata, shownPath: item.shownPath))
        }
        return try await mergeMetadata(patches)
    }
}
