import SemblanceCore

/// Who ranks the gallery for a query.
public enum NeighbourSearch: Sendable {
    /// Every image is compared: the reference, and the only one under which a whole ranking exists.
    case exact
    /// An index, whose vectors are numbered by their positions in the set and are those of the gallery.
    ///
    /// It is asked for `limit` neighbours and as many more as the query may not find; what it does not return was not
    /// found, so that metrics of the whole ranking see the first `limit` only.
    case index(limit: Int, search: @Sendable (_ query: Embedding, _ limit: Int) async throws -> [Neighbour])
}

/// An image that a query found.
public struct RankedImage: Hashable, Sendable {
    /// In the set.
    public let position: Int
    /// Cosine similarity.
    public let score: Float
    /// How relevant it is; 0 if it is not.
    public let grade: Int
}

/// How one query was answered.
public struct QueryResult: Sendable {
    /// The query's position in the set.
    public let query: Int
    /// Images that are relevant to it, found or not.
    public let relevantCount: Int
    /// By metric, in the evaluation's order.
    public let values: [Double]
    /// The first images, nearest first.
    public let nearest: [RankedImage]
    /// Interpolated precision at the recall levels of `PrecisionRecall`.
    let precisions: [Double]
}
