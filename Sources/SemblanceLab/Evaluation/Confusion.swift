/// Which class the nearest image is of, by the query's class.
public struct Confusion: Hashable, Sendable {
    /// Ascending; images without a label are "".
    public let labels: [String]
    /// Queries by their own class and by the class of the image that was nearest.
    public let counts: [[Int]]

    /// `nil` unless every image has at most one label, and labels decide: else "the class" means nothing.
    init?(_ task: RetrievalTask, _ results: [QueryResult]) {
        guard task.set.relevance.isByLabel, task.set.images.allSatisfy({ $0.labels.count <= 1 }) else { return nil }
        let label = { (position: Int) in task.set.images[position].labels.first ?? "" }
        let pairs = results.compactMap { result in
            result.nearest.first.map { (label(result.query), label($0.position)) }
        }
        let labels = Set(pairs.flatMap { [$0.0, $0.1] }).sorted()
        let places = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        var counts = [[Int]](repeating: [Int](repeating: 0, count: labels.count), count: labels.count)
        for (own, nearest) in pairs { counts[places[own]!][places[nearest]!] += 1 }
        self.labels = labels
        self.counts = counts
    }

    /// Pairs of different classes, most frequent first.
    public var mistakes: [(from: String, to: String, count: Int)] {
        var mistakes: [(from: String, to: String, count: Int)] = []
        for (row, from) in labels.enumerated() {
            for (column, to) in labels.enumerated() where row != column && counts[row][column] > 0 {
                mistakes.append((from, to, counts[row][column]))
            }
        }
        return mistakes.sorted { ($1.count, $0.from, $0.to) < ($0.count, $1.from, $1.to) }
    }
}
