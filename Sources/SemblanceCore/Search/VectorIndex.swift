/// Nearest neighbours by cosine similarity in one embedding space.
///
/// Inserting and removing while searching is safe; a search sees each change wholly or not at all.
/// Calls do not block the cooperative pool.
public protocol VectorIndex: Sendable {
    /// Components of a vector.
    var dimension: Int { get }
    /// Vectors that a search can find.
    func count() async throws -> Int
    /// Adds vectors; one that is there already (by number) is left as it is.
    /// - Throws: `IndexError` with `index-dimension-mismatch`.
    func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) async throws
    /// Removes vectors; numbers that are not there are not an error.
    func remove(_ ids: [CatalogueImage.ID]) async throws
    /// The nearest images, nearest first, ties by ascending number. All that there are, if fewer than `limit`.
    /// - Parameters:
    ///   - limit: 1 or more; more than the index holds returns all.
    ///   - minimumScore: images with a lower score are left out.
    ///   - filter: only images whose metadata meets it; exact.
    func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour]
    /// Pairs of images at least this similar, most similar first, at most `limit` of them.
    func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair]
    /// Builds what makes searches quick, if it is missing and the index is large enough for it to pay. Searches,
    /// insertions and removals go on meanwhile. Called when many vectors have come in; an index that is always as quick
    /// as it gets has nothing to do. Cancelling the task ends the building.
    /// - Parameter report: is told how far the work is, a few times a second.
    @discardableResult
    func build(report: @escaping @Sendable (IndexBuildProgress) -> Void) async throws -> IndexBuildOutcome
}

extension VectorIndex {
    public func build(report: @escaping @Sendable (IndexBuildProgress) -> Void) async throws -> IndexBuildOutcome {
        .notNeeded
    }
}

/// What building an index came to.
public enum IndexBuildOutcome: String, Hashable, Sendable {
    /// Searches are quick without.
    case notNeeded = "not-needed"
    /// It was there already.
    case present
    case built
    /// Another process is building it.
    case underway
}

/// How far the building of an index is.
public struct IndexBuildProgress: Hashable, Sendable {
    /// What is being done, for people: "loading vectors".
    public let phase: String
    /// Vectors that this phase is done with, and has in all; 0 while it is not known.
    public let done: Int
    public let total: Int

    public init(phase: String, done: Int, total: Int) {
        self.phase = phase
        self.done = done
        self.total = total
    }
}

/// Opens indexes by space; keeps them open.
public protocol VectorIndexProvider: Sendable {
    /// The index of a space, brought in line with the catalogue store when it is opened first.
    func index(for space: EmbeddingSpace) async throws -> any VectorIndex
    /// Removes deleted images from every index of a catalogue that is open; the others notice when they are opened.
    func remove(_ ids: [CatalogueImage.ID], from catalogue: Catalogue.ID) async throws
    /// Deletes the index of one space, files and all; a search that has it open finishes with it.
    func removeIndex(of space: EmbeddingSpace) async throws
    /// Deletes all indexes of a catalogue.
    func removeIndexes(of catalogue: Catalogue.ID) async throws
}

public struct Neighbour: Hashable, Sendable {
    public let id: CatalogueImage.ID
    /// Cosine similarity, −1…1.
    public let score: Float
    /// Cosine distance, 0…2.
    public var distance: Float { max(0, 1 - score) }

    public init(id: CatalogueImage.ID, score: Float) {
        self.id = id
        self.score = score
    }
}

public struct NeighbourPair: Hashable, Sendable {
    /// The smaller number of the two.
    public let first: CatalogueImage.ID
    public let second: CatalogueImage.ID
    public let score: Float

    public init(first: CatalogueImage.ID, second: CatalogueImage.ID, score: Float) {
        self.first = first
        self.second = second
        self.score = score
    }
}
