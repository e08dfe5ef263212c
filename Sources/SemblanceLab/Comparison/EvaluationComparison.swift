/// Two models on one set: how much better the second is, whether that may be chance, and on which queries.
public struct EvaluationComparison: Sendable {
    /// One query's difference.
    public struct QueryDifference: Sendable {
        public let first: QueryResult
        public let second: QueryResult
        /// The second's value less the first's, of the metric that queries are compared by.
        public let difference: Double
    }

    public let first: Evaluation
    public let second: Evaluation
    public let metrics: [Metric]
    /// By metric.
    public let comparisons: [PairedComparison]
    /// What single queries are compared by: average precision, if it was measured.
    public let queryMetric: Metric
    /// The queries that both answered, in the order of their positions.
    public let queries: [QueryDifference]

    /// Compares on the queries that both could read; an image that one model fails at is out.
    /// - Throws: `comparison-invalid` for different sets or metrics, or no query in common.
    public init(
        _ first: Evaluation, _ second: Evaluation, bootstrap: Bootstrap = Bootstrap(),
        test: RandomisationTest = RandomisationTest()
    ) throws(LabError) {
        guard first.task.set.images == second.task.set.images, first.metrics == second.metrics else {
            throw LabError(.notComparable, "Two models are compared on one set, by the same measures.")
        }
        let metrics = first.metrics
        let others = Dictionary(uniqueKeysWithValues: second.queries.map { ($0.query, $0) })
        let pairs = first.queries.compactMap { result in others[result.query].map { (result, $0) } }
        let place = metrics.firstIndex(of: .averagePrecision) ?? 0
        var comparisons: [PairedComparison] = []
        for metric in metrics.indices {
            comparisons.append(
                try PairedComparison(
                    of: pairs.map { $0.0.values[metric] }, and: pairs.map { $0.1.values[metric] }, bootstrap: bootstrap,
                    test: test))
        }
        self.first = first
        self.second = second
        self.metrics = metrics
        self.comparisons = comparisons
        queryMetric = metrics[place]
        queries = pairs.map {
            QueryDifference(first: $0.0, second: $0.1, difference: $0.1.values[place] - $0.0.values[place])
        }
    }

    /// The queries that differ most, the second model's gains first; at most so many of each sign.
    public func greatest(_ count: Int) -> (better: [QueryDifference], worse: [QueryDifference]) {
        let sorted = queries.sorted { ($1.difference, $0.first.query) < ($0.difference, $1.first.query) }
        return (
            Array(sorted.prefix(count).filter { $0.difference > 0 }),
            Array(sorted.reversed().prefix(count).filter { $0.difference < 0 })
        )
    }
}
