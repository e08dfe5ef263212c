import SemblanceCore

/// How well a model found what it should find in a set.
public struct Evaluation: Sendable {
    public let task: RetrievalTask
    public let model: ModelVersion
    public let metrics: [Metric]
    /// The queries that have something to find, in the order of their positions.
    public let queries: [QueryResult]
    /// By metric.
    public let overall: [Estimate]
    /// Ascending by label; where judgements decide, groups of queries by their labels, if they have such.
    public let classes: [ClassResult]
    /// For judged sets: the quality of all answers in one list.
    public let microAveragePrecision: Estimate?
    public let scores: ScoreHistogram
    /// Mean precision at the levels of `PrecisionRecall`.
    public let precisionRecall: [Double]
    public let confusion: Confusion?
    /// Of the set, of its images and of what was asked.
    public let issues: SetIssues
    public let cost: EmbeddingCost
    /// Ranking all queries, on all threads.
    public let rankingTime: Duration

    /// `nil` if the metric was not asked for.
    public func estimate(of metric: Metric) -> Estimate? {
        metrics.firstIndex(of: metric).map { overall[$0] }
    }

    /// Each query's value, in the order of `queries`; `nil` if the metric was not asked for.
    public func values(of metric: Metric) -> [Double]? {
        metrics.firstIndex(of: metric).map { place in queries.map { $0.values[place] } }
    }
}

/// A mean over queries and how sure it is.
public struct Estimate: Hashable, Sendable {
    public let value: Double
    /// Where 95% of the means over other queries of this kind would be, by bootstrap.
    public let interval: ClosedRange<Double>
    public let queryCount: Int

    public init(value: Double, interval: ClosedRange<Double>, queryCount: Int) {
        self.value = value
        self.interval = interval
        self.queryCount = queryCount
    }

    /// `nil` if there are no values.
    init?(meanOf values: [Double], _ bootstrap: Bootstrap) {
        guard let interval = bootstrap.interval(ofMean: values) else { return nil }
        self.init(
            value: values.reduce(0, +) / Double(values.count), interval: interval, queryCount: values.count)
    }
}

/// How well the queries of one class were answered.
public struct ClassResult: Hashable, Sendable {
    public let label: String
    /// Images of the class in the set that can be used.
    public let imageCount: Int
    /// Queries that have something to find.
    public let queryCount: Int
    /// By metric.
    public let estimates: [Estimate]
}

extension Evaluation {
    /// A least score for showing results, with what it would give on this set.
    public struct SuggestedCutOffs: Hashable, Sendable {
        /// The one that balances precision and recall best: the greatest F1 over all pairs.
        public let balanced: CutOff
        /// The lowest at which at least nine of ten shown images are relevant; `nil` if there is none.
        public let precise: CutOff?
    }

    /// `nil` if nothing was found at all.
    public var suggestedCutOffs: SuggestedCutOffs? {
        let relevantTotal = queries.reduce(0) { $0 + $1.relevantCount }
        let cutOffs = scores.cutOffs(queryCount: task.askedQueries.count, relevantTotal: relevantTotal)
        guard let balanced = cutOffs.max(by: { $0.f1 < $1.f1 }) else { return nil }
        return SuggestedCutOffs(balanced: balanced, precise: cutOffs.last { $0.precision >= 0.9 })
    }
}
