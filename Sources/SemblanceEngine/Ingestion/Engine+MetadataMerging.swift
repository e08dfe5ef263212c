import SemblanceCore

extension Engine {
    /// Merges what a run says about files whose images are in the catalogue already; most runs say nothing.
    /// - Returns: the files whose image would have more metadata than an image may; those images stay as they are.
    func mergeMetadata(of files: [(image: CatalogueImage.ID, item: IngestItem)]) async throws -> [FileFailure] {
        let wanted = files.filter { $0.item.metadata != .object([:]) }
        guard !wanted.isEmpty else { return [] }
        let refusals = try await store.mergeMetadata(wanted.map { MetadataPatch($0.image, $0.item.metadata) })
        return refusals.map { FileFailure(path: wanted[$0.position].item.shownPath, error: $0.error) }
    }
}
