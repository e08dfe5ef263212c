import SemblanceCore

/// What ingestion and vector indexes ask.
extension InMemoryCatalogueStore {
    public func known(_ hashes: [ContentHash], in space: EmbeddingSpace) -> [ContentHash: KnownImage] {
        interference.onAsking?(hashes.count)
        var known: [ContentHash: KnownImage] = [:]
        for hash in hashes {
            guard let id = idsByHash[space.catalogueID]?[hash] else { continue }
            known[hash] = knownImage(id, in: space)
        }
        return known
    }

    public func unchanged(_ files: [SourceFile], in space: EmbeddingSpace) -> [KnownImage?] {
        files.map { file in
            let source = sources[SourceKey(catalogue: space.catalogueID, path: file.path)]
            guard let source, source.file == file, embeddingRows[space]?[source.image] != nil else { return nil }
            return knownImage(source.image, in: space)
        }
    }

    private func knownImage(_ id: CatalogueImage.ID, in space: EmbeddingSpace) -> KnownImage {
        KnownImage(
            id: id, hasEmbedding: embeddingRows[space]?[id] != nil, isStored: imageRows[id]?.location == .stored)
    }

    public func recordSources(_ sources: [(SourceFile, CatalogueImage.ID)], in catalogue: Catalogue.ID) {
        for (file, image) in sources where imageRows[image]?.catalogueID == catalogue {
            record(file, of: image, in: catalogue)
        }
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
        let held = Set(sources.values.map(\.image))
        let inPlace = imageRows.values.filter { $0.catalogueID == catalogue && $0.location != .stored }
        return inPlace.map(\.id).filter { !held.contains($0) }.sorted()
    }

    public func forgetSources(_ paths: [String], in catalogue: Catalogue.ID) {
        for path in paths {
            let source = sources.removeValue(forKey: SourceKey(catalogue: catalogue, path: path))
            if let source { abandon(path, by: source.image) }
        }
    }

    /// Makes a file a source of an image.
    func record(_ file: SourceFile, of image: CatalogueImage.ID, in catalogue: Catalogue.ID) {
        let key = SourceKey(catalogue: catalogue, path: file.path)
        let previous = sources.updateValue(Source(file: file, image: image), forKey: key)
        if let row = imageRows[image], case .inPlace(let path) = row.location,
            sources[SourceKey(catalogue: catalogue, path: path)]?.image != image
        {
            imageRows[image] = row.with(location: .inPlace(path: file.path))
        }
        if let previous, previous.image != image { abandon(file.path, by: previous.image) }
    }

    /// A path is no source of an image any more: the image moves to another source, if it has one.
    private func abandon(_ path: String, by id: CatalogueImage.ID) {
        guard let image = imageRows[id], image.location == .inPlace(path: path) else { return }
        let others = sources.filter { $0.value.image == id }.map(\.key.path)
        guard let other = others.min(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) else { return }
        imageRows[id] = image.with(location: .inPlace(path: other))
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
