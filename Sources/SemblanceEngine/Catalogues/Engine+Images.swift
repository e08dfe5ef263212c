import SemblanceCore

/// One page of a catalogue's images.
public struct ImagePage: Sendable, Hashable {
    public let images: [CatalogueImage]
    /// Images that meet the filter, on all pages.
    public let total: Int
    /// Where the next page starts; `nil` on the last.
    public let next: CatalogueImage.ID?
}

extension Engine {
    /// Pages hold at most this many images.
    public static let maximumPageSize = 1_000

    /// An image by its public id, 64 hexadecimal digits.
    /// - Throws: `RequestError` for a malformed id, `StoreError` if there is no such catalogue or image.
    public func image(_ id: String, inCatalogue name: String) async throws -> CatalogueImage {
        let catalogue = try await store.catalogue(named: name)
        return try await store.image(try contentHash(id), in: catalogue.id)
    }

    /// The id of the one image that begins with these digits, 8 or more of them.
    /// - Throws: `StoreError` with `image-unknown` if there is none, or more than one.
    public func wholeID(_ digits: String, inCatalogue name: String) async throws -> String {
        let catalogue = try await store.catalogue(named: name)
        let digits = digits.lowercased()
        let found =
            digits.utf8.count < 8
            ? [] : try await store.hashes(startingWith: digits, in: catalogue.id, limit: 2)
        guard found.count == 1 else {
            throw StoreError(
                .unknownImage,
                "'\(digits.prefix(80))' is not the beginning (8 digits or more) of exactly one image's id."
            )
        }
        return found[0].hexadecimal
    }

    /// A page of images in the order in which they were added.
    public func images(
        inCatalogue name: String, matching filter: MetadataFilter?, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> ImagePage {
        guard (1...Self.maximumPageSize).contains(limit) else {
            throw RequestError(.invalidLimit, "A page holds 1 to \(Self.maximumPageSize) images, not \(limit).")
        }
        let catalogue = try await store.catalogue(named: name)
        // One more than asked tells whether another page follows.
        let found = try await store.images(in: catalogue.id, matching: filter, after: cursor, limit: limit + 1)
        let total = try await store.imageCount(in: catalogue.id, matching: filter)
        let page = Array(found.prefix(limit))
        return ImagePage(images: page, total: total, next: found.count > limit ? page.last?.id : nil)
    }

    /// Changes metadata by a JSON merge patch (RFC 7396): members are set, `null` removes them.
    /// - Throws: `RequestError` with `invalid-metadata` for a patch or a result that breaks the rules of `Metadata`.
    public func updateMetadata(
        _ patch: JSONValue, of id: String, inCatalogue name: String
    ) async throws -> CatalogueImage {
        try Metadata.validate(patch)
        let image = try await image(id, inCatalogue: name)
        let refusals = try await store.mergeMetadata([MetadataPatch(image.id, patch)])
        if let refusal = refusals.first { throw refusal.error }
        return try await store.image(image.hash, in: image.catalogueID)
    }

    /// Removes an image from its catalogue. Its original is deleted only if it was stored and nothing else uses it.
    public func deleteImage(_ id: String, inCatalogue name: String) async throws {
        let image = try await image(id, inCatalogue: name)
        try await delete([image.id], from: image.catalogueID)
    }

    /// Removes several images at once.
    func delete(_ ids: [CatalogueImage.ID], from catalogue: Catalogue.ID) async throws {
        guard !ids.isEmpty else { return }
        try await removeFiles(after: {
            let orphans = try await store.deleteImages(ids)
            try await dependencies.indexes.remove(ids, from: catalogue)
            return orphans
        })
    }

    /// Puts embeddings that the store has taken into the index. An image that was deleted since was not found there by
    /// whoever deleted it, so it is taken out again.
    func insert(_ vectors: [(CatalogueImage.ID, Embedding)], into index: any VectorIndex) async throws {
        guard !vectors.isEmpty else { return }
        try await index.insert(vectors)
        let ids = vectors.map(\.0)
        let present = Set(try await store.images(ids).map(\.id))
        let gone = ids.filter { !present.contains($0) }
        if !gone.isEmpty { try await index.remove(gone) }
    }

    /// Where an image's original lies.
    /// - Throws: `StoreError` with `file-missing` if it is gone, for example a file left in place that was moved.
    public func originalPath(of image: CatalogueImage) throws -> String {
        let path =
            switch image.location {
            case .stored: files.path(of: image.hash)
            case .inPlace(let path): path
            }
        guard !FileBytes.isGone(path) else { throw StoreError.originalMissing(image) }
        return path
    }

    /// Opens an image's original for whoever asks for it. Others may write where it was left in place: a file that is not
    /// the image any more, or a link that leads elsewhere by now, is not shown.
    /// - Throws: `StoreError` with `file-missing`.
    package func openOriginal(of image: CatalogueImage) async throws -> OriginalFile {
        switch image.location {
        case .stored:
            let files = self.files
            return try await fileThreads.run { try OriginalFile(at: files.path(of: image.hash), of: image) }
        case .inPlace(let path):
            let recorded = try await store.sources(of: [image.id]).map(\.0).first {
                $0.path.utf8.elementsEqual(path.utf8)
            }
            return try await fileThreads.run {
                let file = try OriginalFile(at: path, of: image)
                try file.check(is: image, asIn: recorded)
                return file
            }
        }
    }

    /// The path of an image's thumbnail, made now if it has not been asked for before.
    public func thumbnailPath(of image: CatalogueImage) async throws -> String {
        if let path = files.thumbnailPath(of: image.hash) { return path }
        let original = try originalPath(of: image)
        let (files, reader) = (self.files, dependencies.reader)
        let (limits, side) = (configuration.limits, configuration.thumbnailSide)
        return try await fileThreads.run {
            if let path = files.thumbnailPath(of: image.hash) { return path }
            let bytes = try FileBytes(reading: original, maximumByteCount: limits.maximumByteCount)
            try Self.check(bytes, are: image)
            let thumbnail = try bytes.withUnsafeBytes { try reader.thumbnail(of: $0, longestSide: side) }
            return try files.storeThumbnail(thumbnail, of: image.hash)
        }
    }

    /// - Throws: `StoreError` with `file-missing`.
    static func check(_ bytes: FileBytes, are image: CatalogueImage) throws {
        guard bytes.withUnsafeBytes({ ContentHash(hashing: $0) }) == image.hash else {
            throw StoreError.originalChanged(image)
        }
    }

    func contentHash(_ id: String) throws -> ContentHash {
        guard let hash = ContentHash(hexadecimal: id) else {
            throw RequestError(.invalidIdentifier, "An image's id is 64 hexadecimal digits: the SHA-256 of its bytes.")
        }
        return hash
    }
}
