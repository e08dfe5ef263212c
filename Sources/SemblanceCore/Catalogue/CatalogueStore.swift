/// The truth about catalogues, images and embeddings. Everything else is rebuilt from it.
///
/// Calls do not block Swift's cooperative threads: an implementation runs its database elsewhere.
/// Every write is durable when it returns. Errors are `StoreError`.
public protocol CatalogueStore: EmbeddingSource, FilterResolver, ModelChangeStore {
    // Catalogues
    /// - Throws: `catalogue-exists`.
    func createCatalogue(named name: String, modelID: String) async throws -> Catalogue
    /// - Throws: `catalogue-unknown`.
    func catalogue(named name: String) async throws -> Catalogue
    func catalogues() async throws -> [Catalogue]
    /// Deletes the catalogue, its images and embeddings. Returns the hashes of stored files that no catalogue uses now.
    func deleteCatalogue(_ id: Catalogue.ID) async throws -> [ContentHash]
    func setModel(_ modelID: String, of id: Catalogue.ID) async throws
    func statistics(of id: Catalogue.ID) async throws -> CatalogueStatistics

    // Images
    /// Makes images visible, all in one transaction: row, embedding, metadata and source together.
    ///
    /// An image that the catalogue has already (by hash) gets what it lacks: the embedding for this model version,
    /// the source, the new metadata keys. Results are in the order given.
    func add(_ images: [NewImage], to space: EmbeddingSpace) async throws -> [AddedImage]
    /// - Throws: `image-unknown`.
    func image(_ hash: ContentHash, in catalogue: Catalogue.ID) async throws -> CatalogueImage
    /// Images by number; numbers without an image are left out. Order is not kept.
    func images(_ ids: [CatalogueImage.ID]) async throws -> [CatalogueImage]
    /// A page in the order of the images' numbers, after `cursor`.
    func images(
        in catalogue: Catalogue.ID, matching filter: MetadataFilter?, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> [CatalogueImage]
    func imageCount(in catalogue: Catalogue.ID, matching filter: MetadataFilter?) async throws -> Int
    /// Replaces the metadata of an image.
    func setMetadata(_ metadata: JSONValue, of id: CatalogueImage.ID) async throws
    /// Deletes images, their embeddings and sources. Returns the hashes of stored files that no catalogue uses now.
    func deleteImages(_ ids: [CatalogueImage.ID]) async throws -> [ContentHash]

    // What ingestion asks before it does work
    /// Which of these hashes the catalogue has, and whether each has an embedding in this space.
    func known(_ hashes: [ContentHash], in space: EmbeddingSpace) async throws -> [ContentHash: KnownImage]
    /// Of these files, those that are recorded unchanged and whose image has an embedding in this space.
    func unchanged(_ files: [SourceFile], in space: EmbeddingSpace) async throws -> Set<String>
    /// Records that a file holds the bytes of an image that is there already. If the path held another image before
    /// that was left in place and has no other source, that image's number is returned: it is stale.
    func recordSources(_ sources: [(SourceFile, CatalogueImage.ID)], in catalogue: Catalogue.ID) async throws
        -> [CatalogueImage.ID]
    /// Paths recorded in this catalogue at or below a folder, after `cursor`, in order: to find files that are gone.
    func sourcePaths(
        in catalogue: Catalogue.ID, under folder: String, after cursor: String?, limit: Int
    ) async throws -> [(path: String, image: CatalogueImage.ID)]
    /// Images left in place that no recorded file holds any more, ascending.
    func abandonedImages(in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID]
    /// Forgets source paths. Returns images left in place that have no source any more.
    func forgetSources(_ paths: [String], in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID]
}

/// What became of one image given to `CatalogueStore.add`.
public struct AddedImage: Hashable, Sendable {
    public let id: CatalogueImage.ID
    /// `false` if the embedding was there already: nothing new for the vector index.
    public let isNewEmbedding: Bool
    /// An image left in place whose only source was this path, which holds other bytes now.
    public let stale: CatalogueImage.ID?

    public init(id: CatalogueImage.ID, isNewEmbedding: Bool, stale: CatalogueImage.ID?) {
        self.id = id
        self.isNewEmbedding = isNewEmbedding
        self.stale = stale
    }
}

public struct KnownImage: Hashable, Sendable {
    public let id: CatalogueImage.ID
    public let hasEmbedding: Bool

    public init(id: CatalogueImage.ID, hasEmbedding: Bool) {
        self.id = id
        self.hasEmbedding = hasEmbedding
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
