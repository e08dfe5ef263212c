import SemblanceCore

/// What ingestion and vector indexes ask.
extension InMemoryCatalogueStore {
    public func known(_ hashes: [ContentHash], in space: EmbeddingSpace) -> [ContentHash: KnownImage] {
        var known: [ContentHash: KnownImage] = [:]
        for hash in hashes {
            guard let id = idsByHash[space.catalogueID]?[hash] else { continue }
            known[hash] = KnownImage(id: id, hasEmbedding: embeddingRows[space]?[id] != nil)
        }
        return known
    }

    public func unchanged(_ files: [SourceFile], in space: EmbeddingSpace) -> Set<String> {
        let found = files.filter { file in
            guard let source = sources[SourceKey(catalogue: space.catalogueID, path: file.path)] else { return false }
            return source.file == file && embeddingRows[space]?[source.image] != nil
        }
        return Set(found.map(\.path))
    }

    public func recordSources(
        _ sources: [(SourceFile, CatalogueImage.ID)], in catalogue: Catalogue.ID
    ) -> [CatalogueImage.ID] {
        let stale = sources.compactMap { file, image in
            imageRows[image]?.catalogueID == catalogue ? record(file, of: image, in: catalogue) : nil
        }
        return withoutSource(stale)
    }

    func withoutSource(_ images: [CatalogueImage.ID]) -> [CatalogueImage.ID] {
        images.filter { image in !sources.values.contains { $0.image == image } }
    }

    public func sourcePaths(
        in catalogue: Catalogue.ID, under folder: String, after cursor: String?, limit: Int
    ) -> [(path: String, image: CatalogueImage.ID)] {
        let stem = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let found = sources.filter { key, _ in
            key.catalogue == catalogue && (key.path == stem || key.path.utf8.starts(with: (stem + "/").utf8))
                && (cursor.map { $0.utf8.lexicographicallyPrecedes(key.path.utf8) } ?? true)
        }
        let sorted = found.sorted { $0.key.path.utf8.lexicographicallyPrecedes($1.key.path.utf8) }
        return sorted.prefix(limit).map { ($0.key.path, $0.value.image) }
    }

    public func abandonedImages(in catalogue: Catalogue.ID) -> [CatalogueImage.ID] {
        let inPlace = imageRows.values.filter { $0.catalogueID == catalogue && $0.location != .stored }
        return withoutSource(inPlace.map(\.id)).sorted()
    }

    public func forgetSources(_ paths: [String], in catalogue: Catalogue.ID) -> [CatalogueImage.ID] {
        let forgotten = paths.compactMap { path in
            sources.removeValue(forKey: SourceKey(catalogue: catalogue, path: path)).map { (path, $0.image) }
        }
        return Set(forgotten.compactMap { path, image in abandon(path, by: image) }).sorted()
    }

    /// Makes a file a source of an image; returns the image that is stale by it.
    func record(_ file: SourceFile, of image: CatalogueImage.ID, in catalogue: Catalogue.ID) -> CatalogueImage.ID? {
        let key = SourceKey(catalogue: catalogue, path: file.path)
        let previous = sources.updateValue(Source(file: file, image: image), forKey: key)
        if let row = imageRows[image], case .inPlace(let path) = row.location,
            sources[SourceKey(catalogue: catalogue, path: path)]?.image != image
        {
            imageRows[image] = row.with(location: .inPlace(path: file.path))
        }
        guard let previous, previous.image != image else { return nil }
        return abandon(file.path, by: previous.image)
    }

    /// A path is no source of an image any more: the image moves to another source, or is stale if it has none.
    private func abandon(_ path: String, by id: CatalogueImage.ID) -> CatalogueImage.ID? {
        guard let image = imageRows[id], case .inPlace(let present) = image.location else { return nil }
        let others = sources.filter { $0.value.image == id }.map(\.key.path)
        guard let other = others.min(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) else { return id }
        if present == path { imageRows[id] = image.with(location: .inPlace(path: other)) }
        return nil
    }

    // MARK: Vector indexes

    public func embeddedImages(in space: EmbeddingSpace) -> [CatalogueImage.ID] {
        (embeddingRows[space] ?? [:]).keys.sorted()
    }

    public func embeddings(
        of images: [CatalogueImage.ID], in space: EmbeddingSpace
    ) -> [(CatalogueImage.ID, Embedding)] {
        images.compactMap { id in embeddingRows[space]?[id].map { (id, $0) } }
    }

    public func images(matching filter: MetadataFilter, in catalogue: Catalogue.ID) -> [CatalogueImage.ID] {
        imageRows.values.filter { $0.catalogueID == catalogue && filter.matches($0.metadata) }.map(\.id).sorted()
    }
}
