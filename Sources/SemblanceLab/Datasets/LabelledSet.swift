/// Images whose likeness is known: what a model's neighbours are measured against.
public struct LabelledSet: Sendable {
    /// The last component of the path it was read from.
    public let name: String
    /// Ascending by id, each id once. An image's position here is its number everywhere else in Lab.
    public let images: [LabelledImage]
    public let relevance: Relevance
    /// What was found wrong while reading.
    public let issues: SetIssues

    /// - Throws: `set-duplicate-id`; `set-unusable` if there is no image.
    public init(
        name: String, images: [LabelledImage], relevance: Relevance = .sharedLabel, issues: SetIssues = SetIssues()
    ) throws(LabError) {
        let images = images.sorted { $0.id < $1.id }
        for (image, next) in zip(images, images.dropFirst()) where image.id == next.id {
            throw LabError(.duplicateID, "The set has two images with the id '\(image.id)'; each needs one of its own.")
        }
        guard !images.isEmpty else {
            throw LabError(.unusableSet, "The set '\(name)' has no images.")
        }
        self.name = name
        self.images = images
        self.relevance = relevance
        self.issues = issues
    }

    /// Where an image is in `images`; `nil` if the set does not have it.
    public func position(of id: LabelledImage.ID) -> Int? {
        var (low, high) = (0, images.count)
        while low < high {
            let middle = (low + high) / 2
            if images[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < images.count && images[low].id == id ? low : nil
    }
}

/// What makes one image a right answer to another.
public enum Relevance: Sendable {
    /// A label in common: grade 1. For single labels, the same class.
    case sharedLabel
    /// Labels in common: their number is the grade.
    case sharedLabelCount
    /// What somebody has judged. Every image that is judged for is a query, and those whose role is `query`.
    case judgements(Judgements)

    /// Whether the labels decide, and not somebody's judgement.
    var isByLabel: Bool {
        if case .judgements = self { false } else { true }
    }
}
