import SemblanceCore

/// Ranks, judges and aggregates: embeddings of a set become an evaluation.
public struct Evaluator: Sendable {
    /// What to measure.
    public struct Options: Hashable, Sendable {
        public var metrics: [Metric]
        public var bootstrap: Bootstrap
        /// Nearest images kept of each query, for people. Default 10; 1…100.
        public var neighbourCount: Int

        public init(
            metrics: [Metric] = Metric.standard, bootstrap: Bootstrap = Bootstrap(), neighbourCount: Int = 10
        ) {
            self.metrics = metrics
            self.bootstrap = bootstrap
            self.neighbourCount = neighbourCount
        }

        /// - Throws: `metric-invalid`.
        public func validate() throws(LabError) {
            try bootstrap.validate()
            guard !metrics.isEmpty else { throw LabError(.invalidMetric, "Name at least one metric.") }
            guard (1...100).contains(neighbourCount) else {
                throw LabError(.invalidMetric, "1 to 100 neighbours are kept, not \(neighbourCount).")
            }
        }
    }

    /// Pairs of a query that micro average precision sees: beyond, nothing is found that a threshold would show.
    static let copyDepth = 100
    private static let chunkSize = 16

    private let options: Options
    private let threadCount: Int

    public init(_ options: Options = Options(), threadCount: Int) {
        precondition(threadCount > 0)
        self.options = options
        self.threadCount = threadCount
    }

    /// Asks every query of a set.
    /// - Parameter onProgress: queries that were asked so far, and how many there are.
    /// - Throws: `set-unusable`, `metric-invalid`, `CancellationError`, and what the search throws.
    public func evaluate(
        _ embeddings: SetEmbeddings, by search: NeighbourSearch = .exact,
        onProgress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> Evaluation {
        try options.validate()
        let task = try embeddings.task()
        let asked = task.askedQueries
        let ranker = QueryRanker(task: task, matrix: embeddings.matrix, options: options, search: search)
        let threads = ThreadPool(name: "rank", threadCount: threadCount)
        defer { threads.shutDown() }
        let clock = ContinuousClock()
        let start = clock.now
        var chunks: [Int: RankedChunk] = [:]
        var done = 0
        try await withThrowingTaskGroup(of: (Int, RankedChunk).self) { group in
            var next = 0
            func add() {
                guard next < asked.count else { return }
                let range = next..<min(next + Self.chunkSize, asked.count)
                next = range.upperBound
                let queries = Array(asked[range])
                group.addTask { (range.lowerBound, try await ranker.rank(queries, on: threads)) }
            }
            for _ in 0..<2 * threadCount { add() }
            while let (first, chunk) = try await group.next() {
                try Task.checkCancellation()
                chunks[first] = chunk
                done += min(Self.chunkSize, asked.count - first)
                onProgress(done, asked.count)
                add()
            }
        }
        try Task.checkCancellation()
        let elapsed = clock.now - start
        // In the order of queries, whichever ended first: sums are the same every time.
        let ordered = chunks.sorted { $0.key < $1.key }.map(\.value)
        return try await threads.run { [options] in
            Aggregation(task, embeddings, options).evaluation(of: ordered, rankingTime: elapsed)
        }
    }
}

/// Ranks a few queries at a time.
struct QueryRanker: Sendable {
    let task: RetrievalTask
    let matrix: EmbeddingMatrix
    let options: Evaluator.Options
    let search: NeighbourSearch

    private var depth: Int {
        task.set.relevance.isByLabel ? options.neighbourCount : max(options.neighbourCount, Evaluator.copyDepth)
    }

    func rank(_ queries: [Int], on threads: ThreadPool) async throws -> RankedChunk {
        switch search {
        case .exact: return try await threads.run { rankExactly(queries) }
        case .index(let limit, let search):
            var chunk = RankedChunk()
            for query in queries {
                let excluded = task.excluded(for: query).count
                let found = try await search(matrix[query], limit + excluded)
                let ranking = GalleryRanking(
                    of: query, in: task, found: found, limit: limit, depth: depth, countingInto: &chunk.scores)
                chunk.add(ranking, of: query, options)
            }
            return chunk
        }
    }

    private func rankExactly(_ queries: [Int]) -> RankedChunk {
        var chunk = RankedChunk()
        var scores = [Float](repeating: 0, count: task.gallery.count)
        for query in queries {
            matrix.score(query, with: task.gallery, into: &scores)
            let ranking = GalleryRanking(
                of: query, in: task, scores: scores, depth: depth, countingInto: &chunk.scores)
            chunk.add(ranking, of: query, options)
        }
        return chunk
    }
}

/// What is kept of a few queries.
struct RankedChunk: Sendable {
    var results: [QueryResult] = []
    /// For micro average precision: all that was looked at, with the number of right images.
    var answers: [(query: Int, found: [RankedImage], rightCount: Int)] = []
    var scores = ScoreHistogram()

    mutating func add(_ ranking: GalleryRanking, of query: Int, _ options: Evaluator.Options) {
        answers.append((query, ranking.nearest, ranking.judged.relevantCount))
        guard ranking.judged.relevantCount > 0 else { return }
        results.append(
            QueryResult(
                query: query, relevantCount: ranking.judged.relevantCount,
                values: options.metrics.map { $0.value(of: ranking.judged) },
                nearest: Array(ranking.nearest.prefix(options.neighbourCount)),
                precisions: PrecisionRecall.precisions(of: ranking.judged)))
    }
}
