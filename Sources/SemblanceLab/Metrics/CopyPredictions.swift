/// Micro average precision: the quality of all queries' answers in one list, for copy detection.
///
/// A mean over queries does not see whether the scores of different queries can be compared, nor what is found for
/// queries that have no copy at all. So all pairs of a query and an image are put in one ranking by score, and that
/// ranking's average precision is taken: Σ precision at each right pair ÷ all right pairs, found or not
/// (Law-To et al., "Video copy detection: a comparative study", CIVR 2007; Douze et al., "The 2021 Image Similarity
/// Dataset and Challenge", 2021). Equal scores are ordered by query and then by image, both descending, so that it
/// equals trec_eval's `map` of one topic whose documents are the pairs.
///
/// Memory: 16 bytes a pair. Give each query's nearest images only; the others add next to nothing.
public struct CopyPredictions: Sendable {
    private struct Prediction: Sendable {
        /// Score, then query: the greater comes first.
        let order: UInt64
        let image: UInt32
        let isRight: Bool

        var query: Int { Int(order & 0xFFFF_FFFF) }
    }

    private var predictions: [Prediction] = []
    private var isSorted = true
    /// Right pairs, found or not, by query.
    private var rightCounts: [Int: Int] = [:]

    public init() {}

    /// Adds what a query found.
    /// - Parameters:
    ///   - query: the query's place among all ids, ascending; each once.
    ///   - found: images by their places among all ids, with finite scores; in any order.
    ///   - rightCount: images that are right for the query, found or not.
    public mutating func add(
        _ found: some Sequence<(image: Int, score: Float, isRight: Bool)>, for query: Int, rightCount: Int
    ) {
        rightCounts[query, default: 0] += rightCount
        predictions += found.map {
            Prediction(
                order: RankingKey(score: $0.score, position: query).rawValue, image: UInt32($0.image),
                isRight: $0.isRight)
        }
        isSorted = false
    }

    /// - Precondition: none; sorting twice costs little.
    public mutating func sort() {
        guard !isSorted else { return }
        predictions.sort { ($0.order, $0.image) > ($1.order, $1.image) }
        isSorted = true
    }

    /// The micro average precision; 0 if nothing is right.
    public mutating func averagePrecision() -> Double {
        sort()
        return averagePrecision { _ in 1 }
    }

    /// The same with each query counted so many times, as a resample does.
    /// - Precondition: `sort()` came after the last `add`.
    package func averagePrecision(counting times: (_ query: Int) -> Int) -> Double {
        precondition(isSorted, "expected sorted predictions")
        let total = rightCounts.reduce(0) { $0 + $1.value * times($1.key) }
        guard total > 0 else { return 0 }
        var (sum, rank, right) = (0.0, 0, 0)
        for prediction in predictions {
            for _ in 0..<times(prediction.query) {
                rank += 1
                guard prediction.isRight else { continue }
                right += 1
                sum += Double(right) / Double(rank)
            }
        }
        return sum / Double(total)
    }

    /// Queries that were added, ascending.
    var queries: [Int] { rightCounts.keys.sorted() }
}
