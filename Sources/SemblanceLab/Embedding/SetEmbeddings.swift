import SemblanceCore

/// The embeddings of a labelled set by one model.
public struct SetEmbeddings: Sendable {
    public let set: LabelledSet
    public let model: ModelVersion
    /// A row for each image, by position; zeros for one that could not be embedded.
    public let matrix: EmbeddingMatrix
    /// Positions of the images that could not be read, decoded or embedded.
    public let unusable: Set<Int>
    /// Positions of files with the same bytes, two or more a group.
    public let identical: [[Int]]
    /// The set's issues and the images that failed, each with its reason.
    public let issues: SetIssues
    public let cost: EmbeddingCost

    /// - Parameters:
    ///   - matrix: a row for each image of the set.
    ///   - identical: positions of files with the same bytes, two or more a group.
    ///   - issues: `nil` means the set's own.
    public init(
        _ set: LabelledSet, model: ModelVersion, matrix: EmbeddingMatrix, unusable: Set<Int> = [],
        identical: [[Int]] = [], issues: SetIssues? = nil, cost: EmbeddingCost = EmbeddingCost()
    ) {
        precondition(matrix.rowCount == set.images.count && matrix.dimension == model.dimension)
        self.set = set
        self.model = model
        self.matrix = matrix
        self.unusable = unusable
        self.identical = identical
        self.issues = issues ?? set.issues
        self.cost = cost
    }

    /// What is asked of the set, given what could be read.
    /// - Throws: `set-unusable`.
    public func task() throws(LabError) -> RetrievalTask {
        try RetrievalTask(set, without: unusable, identical: identical, issues: issues)
    }
}

/// What embedding a set took.
public struct EmbeddingCost: Hashable, Sendable {
    /// Images that were decoded and embedded.
    public var embeddedCount = 0
    /// Images whose embedding was kept from an earlier run.
    public var keptCount = 0
    public var failedCount = 0
    /// From start to end, with everything.
    public var elapsed = Duration.zero
    /// Summed over threads: reading, hashing, decoding and fitting the images that were embedded.
    public var preparation = Duration.zero
    /// Summed over threads: the model's own time.
    public var inference = Duration.zero
    public var threadCount = 0

    public init() {}

    /// Images embedded a second; `nil` if all were kept from an earlier run, or none.
    public var rate: Double? {
        guard embeddedCount > 0, keptCount == 0, elapsed > .zero else { return nil }
        return Double(embeddedCount) / (elapsed / .seconds(1))
    }
}
