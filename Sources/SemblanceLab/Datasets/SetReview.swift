/// Looks for what leaves a set usable but makes its numbers mean less.
struct SetReview {
    private let set: LabelledSet
    private(set) var issues: SetIssues

    init(_ set: LabelledSet, issues: SetIssues) {
        self.set = set
        self.issues = issues
    }

    /// - Parameter isThere: by position.
    mutating func lookOver(isThere: [Bool], queriesWithoutRelevant: [Int], identical: [[Int]]) {
        if set.relevance.isByLabel { lookAtLabels(isThere) }
        for query in queriesWithoutRelevant { issues.add(SetIssue(.queryWithoutRelevant, set.images[query].id.text)) }
        for group in identical {
            let names = group.map { set.images[$0].id.text }
            for name in names.dropFirst() { issues.add(SetIssue(.identicalImages, name, detail: "as \(names[0])")) }
        }
    }

    private mutating func lookAtLabels(_ isThere: [Bool]) {
        var sizes: [String: Int] = [:]
        for (image, isThere) in zip(set.images, isThere) where isThere {
            if image.labels.isEmpty { issues.add(SetIssue(.unlabelledImage, image.id.text)) }
            for label in image.labels { sizes[label, default: 0] += 1 }
        }
        for label in sizes.keys.sorted() where sizes[label] == 1 { issues.add(SetIssue(.classWithOneImage, label)) }
    }
}
