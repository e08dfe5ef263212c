/// What a catalogue's change from one model to another asks of its store: part of `CatalogueStore`.
public protocol ModelChangeStore: Sendable {
    /// A page of the images without an embedding in a space, in the order of their numbers, after `cursor`.
    func images(
        lacking space: EmbeddingSpace, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> [CatalogueImage]
    /// Gives images embeddings, all in one transaction. Those that have one in this space already, and those that were
    /// deleted meanwhile, are passed over.
    /// - Returns: the images whose embedding is new.
    func addEmbeddings(
        _ embeddings: [(CatalogueImage.ID, Embedding)], to space: EmbeddingSpace
    ) async throws -> [CatalogueImage.ID]
    /// Makes a model the catalogue's own if no image lacks an embedding in the space, in one transaction with that
    /// check.
    /// - Parameter previous: the model that the catalogue must have now, unless it has the new one already.
    func switchModel(from previous: String, to space: EmbeddingSpace) async throws -> ModelSwitch
    /// Every space of a catalogue that has embeddings, and how many, ordered by model and version.
    func embeddingCounts(in catalogue: Catalogue.ID) async throws -> [EmbeddingCount]
    /// Deletes at most `limit` embeddings of a space, and the space with the last of them.
    /// - Returns: whether any are left.
    func deleteEmbeddings(in space: EmbeddingSpace, limit: Int) async throws -> Bool
}

/// What became of a catalogue's model.
public enum ModelSwitch: Hashable, Sendable {
    /// It is the new one.
    case switched
    /// It is what it was: so many images lack an embedding of the new one.
    case lacking(Int)
    /// It is neither the previous nor the new one: somebody else changed it.
    case changedMeanwhile(modelID: String)
}

/// Embeddings of one model version in a catalogue.
public struct EmbeddingCount: Hashable, Sendable {
    public let space: EmbeddingSpace
    public let count: Int

    public init(space: EmbeddingSpace, count: Int) {
        self.space = space
        self.count = count
    }
}
