/// The truth about catalogues, images and embeddings. Everything else is rebuilt from it.
///
/// Calls do not block Swift's cooperative threads: an implementation runs its database elsewhere.
/// Every write is durable when it returns. Errors are `StoreError`.
public protocol CatalogueStore: EmbeddingSource, FilterResolver, ModelChangeStore, CatalogueTransferStore {
    // Catalogues
    /// - Throws: `catalogue-exists`.
    func createCatalogue(named name: String, modelID: String, filterableKeys: [String]) async throws -> Catalogue
    /// - Throws: `catalogue-unknown`.
    func catalogue(named name: String) async throws -> Catalogue
    func catalogues() async throws -> [Catalogue]
    /// Deletes the catalogue, its images and embeddings. Returns the hashes of stored files that no catalogue uses now.
    func deleteCatalogue(_ id: Catalogue.ID) async throws -> [ContentHash]
    func setModel(_ modelID: String, of id: Catalogue.ID) async throws
    /// Replaces the keys that a catalogue declares filterable.
    func setFilterableKeys(_ keys: [String], of id: Catalogue.ID) async throws
    func statistics(of id: Catalogue.ID) async throws -> CatalogueStatistics

    // Images
    /// Makes images visible, all in one transaction: row, embedding, metadata and source together.
    ///
    /// An image that the catalogue has already (by hash) gets what it lacks: the embedding for this model version and
    /// the source; its metadata is merged, unless it would break the rules of `Metadata`. Results are in the order given.
    func add(_ images: [NewImage], to space: EmbeddingSpace) async throws -> [AddedImage]
    /// - Throws: `image-unknown`.
    func image(_ hash: ContentHash, in catalogue: Catalogue.ID) async throws -> CatalogueImage
    /// The same with the embedding that the image has in a space; `nil` if it has none.
    func image(_ hash: ContentHash, embeddedIn space: EmbeddingSpace) async throws -> (CatalogueImage, Embedding?)
    /// Images by number, any count of them; numbers without an image are left out. Order is not kept.
    func images(_ ids: [CatalogueImage.ID]) async throws -> [CatalogueImage]
    /// A page in the order of the images' numbers, after `cursor`.
    func images(
        in catalogue: Catalogue.ID, matching filter: MetadataFilter?, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> [CatalogueImage]
    func imageCount(in catalogue: Catalogue.ID, matching filter: MetadataFilter?) async throws -> Int
    /// Hashes of the catalogue's images that begin with these hexadecimal digits, at most `limit`, ascending.
    /// - Parameter digits: 1…64 of `0…9`, `a…f`; anything else finds nothing.
    func hashes(startingWith digits: String, in catalogue: Catalogue.ID, limit: Int) async throws -> [ContentHash]
    /// Changes metadata by JSON merge patches (RFC 7396), all in one transaction and in the order given; images that
    /// are gone are left out.
    /// - Returns: the patches whose result would break the rules of `Metadata`; those images stay as they are.
    func mergeMetadata(_ patches: [MetadataPatch]) async throws -> [MetadataRefusal]
    /// Deletes images, their embeddings and sources. Returns the hashes of stored files that no catalogue uses now.
    func deleteImages(_ ids: [CatalogueImage.ID]) async throws -> [ContentHash]
    /// Of these hashes, those whose stored original no catalogue uses.
    func unused(_ hashes: [ContentHash]) async throws -> [ContentHash]

    // What ingestion asks before it does work
    /// Which of these hashes the catalogue has.
    func known(_ hashes: [ContentHash], in space: EmbeddingSpace) async throws -> [ContentHash: KnownImage]
    /// For each of these files, in order, the image that it holds if it is recorded unchanged and the image has an
    /// embedding in this space; else `nil`. Paths are compared byte by byte: names that only look alike are two files.
    func unchanged(_ files: [SourceFile], in space: EmbeddingSpace) async throws -> [KnownImage?]
    /// Records that files hold the bytes of images that are there already; images that are gone are left out. An image
    /// left in place at a path that holds another one now moves to another of its sources, or is abandoned.
    func recordSources(_ sources: [(SourceFile, CatalogueImage.ID)], in catalogue: Catalogue.ID) async throws
    /// Paths recorded in this catalogue at or below a folder, after `cursor`, in order: to find files that are gone.
    func sourcePaths(
        in catalogue: Catalogue.ID, under folder: String, after cursor: String?, limit: Int
    ) async throws -> [(path: String, image: CatalogueImage.ID)]
    /// Images left in place that no recorded file holds any more, ascending.
    func abandonedImages(in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID]
    /// Forgets source paths. Images left in place there move to another of their sources, or are abandoned.
    func forgetSources(_ paths: [String], in catalogue: Catalogue.ID) async throws
}

extension CatalogueStore {
    public func image(
        _ hash: ContentHash, embeddedIn space: EmbeddingSpace
    ) async throws -> (CatalogueImage, Embedding?) {
        let image = try await image(hash, in: space.catalogueID)
        return (image, try await embeddings(of: [image.id], in: space).first?.1)
    }

    /// A catalogue that declares no keys.
    public func createCatalogue(named name: String, modelID: String) async throws -> Catalogue {
        try await createCatalogue(named: name, modelID: modelID, filterableKeys: [])
    }
}

/// What became of one image given to `CatalogueStore.add`.
public struct AddedImage: Hashable, Sendable {
    public let id: CatalogueImage.ID
    /// `false` if the embedding was there already: nothing new for the vector index.
    public let isNewEmbedding: Bool

    public init(id: CatalogueImage.ID, isNewEmbedding: Bool) {
        self.id = id
        self.isNewEmbedding = isNewEmbedding
    }
}

/// A change of an image's metadata: a JSON merge patch (RFC 7396).
public struct MetadataPatch: Hashable, Sendable {
    public let image: CatalogueImage.ID
    /// Always a `JSONValue.object`: its members are set, those that are `null` are removed.
    public let patch: JSONValue

    public init(_ image: CatalogueImage.ID, _ patch: JSONValue) {
        self.image = image
        self.patch = patch
    }
}

/// An image that a catalogue has already, as ingestion in one embedding space sees it.
public struct KnownImage: Hashable, Sendable {
    public let id: CatalogueImage.ID
    public let hasEmbedding: Bool
    /// Whether the original lies in the file store.
    public let isStored: Bool

    public init(id: CatalogueImage.ID, hasEmbedding: Bool, isStored: Bool) {
        self.id = id
        self.hasEmbedding = hasEmbedding
        self.isStored = isStored
    }
}

/// Where a vector index finds the embeddings it must hold.
public protocol EmbeddingSource: Sendable {
    /// Every image with an embedding in the space, ascending.
    func embeddedImages(in space: EmbeddingSpace) async throws -> [CatalogueImage.ID]
    /// Embeddings by image; images without one are left out.
    func embeddings(of images: [CatalogueImage.ID], in space: EmbeddingSpace) async throws -> [(
        CatalogueImage.ID, Embedding
    )]
}

/// Turns a filter into the images that meet it, for an index that does not know metadata.
public protocol FilterResolver: Sendable {
    /// Ascending numbers of the catalogue's images that meet the filter.
    func images(matching filter: MetadataFilter, in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID]
}

/// A patch that was not applied.
public struct MetadataRefusal: Sendable {
    /// Of the patch among those that were given.
    public let position: Int
    /// What is wrong with the result: `invalid-metadata`.
    public let error: RequestError

    public init(position: Int, error: RequestError) {
        self.position = position
        self.error = error
    }
}
