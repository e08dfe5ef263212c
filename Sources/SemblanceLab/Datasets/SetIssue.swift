/// Something about a set that leaves it usable, but makes its numbers mean less than they seem to.
public struct SetIssue: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A listed file is not there. The set is evaluated as if it did not list it.
        case missingImage = "missing-image"
        /// A file could not be read or decoded. The set is evaluated as if it did not list it.
        case brokenImage = "broken-image"
        /// A file lies beside the class folders, not in one. It is left out.
        case outsideClasses = "outside-classes"
        /// An image without a label: it can be found, wrongly, and asks nothing.
        case unlabelledImage = "unlabelled-image"
        /// A class with a single image: it can be found, wrongly, and asks nothing.
        case classWithOneImage = "class-with-one-image"
        /// A query that has no relevant image in the gallery. It is left out of every mean over queries.
        case queryWithoutRelevant = "query-without-relevant"
        /// A judgement that names an image which the set does not have. It is ignored.
        case absentImageJudged = "absent-image-judged"
        /// Files with the same bytes: one picture under several names. None of them finds another by its label.
        case identicalImages = "identical-images"
        /// A cut-off beyond the number of images that can be found: its precision cannot reach 1.
        case cutoffBeyondGallery = "cutoff-beyond-gallery"
    }

    public let kind: Kind
    /// The image, class, query or metric.
    public let subject: String
    /// What is wrong with it, if its kind does not say that already.
    public let detail: String?

    public init(_ kind: Kind, _ subject: String, detail: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
    }
}

/// The issues of a set: all of them counted, the first of each kind kept.
public struct SetIssues: Hashable, Sendable {
    /// Issues of one kind that are kept to be shown; a set of a million files may have a million.
    public static let keptCount = 20

    public private(set) var counts: [SetIssue.Kind: Int] = [:]
    /// In the order found, at most `keptCount` of each kind.
    public private(set) var examples: [SetIssue] = []

    public init() {}

    public var isEmpty: Bool { counts.isEmpty }

    public func count(of kind: SetIssue.Kind) -> Int { counts[kind, default: 0] }

    public mutating func add(_ issue: SetIssue) {
        counts[issue.kind, default: 0] += 1
        if count(of: issue.kind) <= Self.keptCount { examples.append(issue) }
    }
}
