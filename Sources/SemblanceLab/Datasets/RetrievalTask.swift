/// What is asked of a set and what the right answers are, once it is known which of its images can be read.
///
/// Without a split every image is asked and looked for among all others (leave-one-out). A query never finds itself;
/// where labels decide, neither does it find a file with the same bytes, which is the same picture under another name.
/// Judgements are taken at their word: an unchanged copy is a fair answer in copy detection, if it is judged so.
public struct RetrievalTask: Sendable {
    public let set: LabelledSet
    /// Positions of the images that can be found, ascending.
    public let gallery: [Int]
    /// Positions of the queries that have a relevant image, ascending: what means are over.
    public let queries: [Int]
    /// Positions of the queries that have none, ascending. See `askedQueries`.
    public let queriesWithoutRelevant: [Int]
    /// What was found wrong, while reading and after.
    public let issues: SetIssues

    private let answers: AnswerKey

    /// - Parameters:
    ///   - unusable: positions of images that are evaluated as if they were not there.
    ///   - identical: positions of files with the same bytes, two or more a group.
    /// - Throws: `set-unusable` if no query has a relevant image.
    public init(
        _ set: LabelledSet, without unusable: Set<Int> = [], identical: [[Int]] = [], issues: SetIssues? = nil
    ) throws(LabError) {
        let isThere = set.images.indices.map { !unusable.contains($0) }
        let gallery = set.images.indices.filter { isThere[$0] && set.images[$0].role.isInGallery }
        let answers = AnswerKey(set, gallery: gallery, identical: identical)
        let asked = Self.asked(in: set).filter { isThere[$0] }
        let hasAnswer = asked.map { !answers.relevant(to: $0).isEmpty }

        self.set = set
        self.gallery = gallery
        self.answers = answers
        queries = zip(asked, hasAnswer).filter(\.1).map(\.0)
        queriesWithoutRelevant = zip(asked, hasAnswer).filter { !$0.1 }.map(\.0)
        var review = SetReview(set, issues: issues ?? set.issues)
        review.lookOver(isThere: isThere, queriesWithoutRelevant: queriesWithoutRelevant, identical: identical)
        self.issues = review.issues
        guard !queries.isEmpty else { throw Self.nothingToAsk(set, galleryCount: gallery.count) }
    }

    /// Positions of the queries that are asked, ascending. Judged sets ask those that have nothing to find, too: what
    /// they find is wrong.
    public var askedQueries: [Int] {
        self.set.relevance.isByLabel ? queries : (queries + queriesWithoutRelevant).sorted()
    }

    /// Positions and grades (1 or more) of the images in the gallery that are relevant to a query, ascending.
    public func relevant(to query: Int) -> [(position: Int, grade: Int)] { answers.relevant(to: query) }

    /// Positions that are taken out of the gallery for this query, ascending: itself and what has the same bytes.
    public func excluded(for query: Int) -> [Int] { answers.excluded(for: query) }

    private static func asked(in set: LabelledSet) -> [Int] {
        switch set.relevance {
        case .judgements(let judgements):
            let queries = set.images.indices.filter { set.images[$0].role == .query }
            return Set(judgements.queries).union(queries).sorted()
        case .sharedLabel, .sharedLabelCount:
            return set.images.indices.filter {
                let image = set.images[$0]
                return image.role.isQuery && (!image.labels.isEmpty || image.role == .query)
            }
        }
    }

    private static func nothingToAsk(_ set: LabelledSet, galleryCount: Int) -> LabError {
        if galleryCount == 0 {
            return LabError(.unusableSet, "No image of '\(set.name)' can be found: the gallery is empty.")
        }
        guard set.relevance.isByLabel, set.images.allSatisfy(\.labels.isEmpty) else {
            return LabError(.unusableSet, "No query of '\(set.name)' has a relevant image in the gallery.")
        }
        return LabError(
            .unusableSet, "No image of '\(set.name)' has a label. Name the field that holds it, or give judgements.")
    }
}

/// The relevant images of every query, made when they are asked for: all pairs of a class need not be in memory.
private struct AnswerKey: Sendable {
    private let set: LabelledSet
    private let isInGallery: [Bool]
    /// Positions in the gallery that have a label, ascending.
    private var members: [String: [Int]] = [:]
    /// Files with the same bytes as a file, itself included.
    private var twins: [Int: [Int]] = [:]

    init(_ set: LabelledSet, gallery: [Int], identical: [[Int]]) {
        self.set = set
        var isInGallery = [Bool](repeating: false, count: set.images.count)
        for position in gallery { isInGallery[position] = true }
        self.isInGallery = isInGallery
        guard set.relevance.isByLabel else { return }
        for position in gallery {
            for label in set.images[position].labels { members[label, default: []].append(position) }
        }
        for group in identical {
            for position in group { twins[position] = group.sorted() }
        }
    }

    func excluded(for query: Int) -> [Int] { twins[query] ?? [query] }

    func relevant(to query: Int) -> [(position: Int, grade: Int)] {
        let labels = set.images[query].labels
        if set.relevance.isByLabel, labels.count == 1 {
            let excluded = excluded(for: query)
            return (members[labels[0]] ?? []).filter { !excluded.contains($0) }.map { (position: $0, grade: 1) }
        }
        var grades: [Int: Int] = [:]
        switch set.relevance {
        case .judgements(let judgements):
            grades = judgements.grades(for: query).filter { $0.value >= 1 && isInGallery[$0.key] }
        case .sharedLabel, .sharedLabelCount:
            for label in labels {
                for position in members[label] ?? [] { grades[position, default: 0] += 1 }
            }
        }
        for position in excluded(for: query) { grades[position] = nil }
        let isGraded = if case .sharedLabel = set.relevance { false } else { true }
        return grades.map { (position: $0.key, grade: isGraded ? $0.value : 1) }.sorted { $0.position < $1.position }
    }
}
