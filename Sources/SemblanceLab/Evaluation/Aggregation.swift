/// Means, classes and curves out of single queries' results.
struct Aggregation {
    private let task: RetrievalTask
    private let embeddings: SetEmbeddings
    private let options: Evaluator.Options

    init(_ task: RetrievalTask, _ embeddings: SetEmbeddings, _ options: Evaluator.Options) {
        self.task = task
        self.embeddings = embeddings
        self.options = options
    }

    func evaluation(of chunks: [RankedChunk], rankingTime: Duration) -> Evaluation {
        let results = chunks.flatMap(\.results)
        var scores = ScoreHistogram()
        for chunk in chunks { scores.add(chunk.scores) }
        return Evaluation(
            task: task, model: embeddings.model, metrics: options.metrics, queries: results,
            overall: estimates(results), classes: classes(results),
            microAveragePrecision: microAveragePrecision(chunks.flatMap(\.answers)), scores: scores,
            precisionRecall: PrecisionRecall.levels.indices.map { level in
                results.reduce(0) { $0 + $1.precisions[level] } / Double(max(1, results.count))
            },
            confusion: Confusion(task, results), issues: issues(), cost: embeddings.cost, rankingTime: rankingTime)
    }

    private func estimates(_ results: [QueryResult]) -> [Estimate] {
        options.metrics.indices.compactMap { place in
            Estimate(meanOf: results.map { $0.values[place] }, options.bootstrap)
        }
    }

    /// A query with several labels counts in each of their classes. Where judgements decide, labels only group queries.
    private func classes(_ results: [QueryResult]) -> [ClassResult] {
        var imageCounts: [String: Int] = [:]
        for (position, image) in task.set.images.enumerated() where !embeddings.unusable.contains(position) {
            for label in image.labels { imageCounts[label, default: 0] += 1 }
        }
        var members: [String: [QueryResult]] = [:]
        for result in results {
            for label in task.set.images[result.query].labels { members[label, default: []].append(result) }
        }
        return members.sorted { $0.key < $1.key }.map { label, results in
            ClassResult(
                label: label, imageCount: imageCounts[label, default: 0], queryCount: results.count,
                estimates: estimates(results))
        }
    }

    private func microAveragePrecision(
        _ answers: [(query: Int, found: [RankedImage], rightCount: Int)]
    ) -> Estimate? {
        guard !task.set.relevance.isByLabel, !answers.isEmpty else { return nil }
        var predictions = CopyPredictions()
        for answer in answers {
            predictions.add(
                answer.found.map { (image: $0.position, score: $0.score, isRight: $0.grade > 0) }, for: answer.query,
                rightCount: answer.rightCount)
        }
        predictions.sort()
        let queries = answers.map(\.query)
        let places = Dictionary(uniqueKeysWithValues: queries.enumerated().map { ($1, $0) })
        let interval = options.bootstrap.interval(count: queries.count) { drawn in
            var times = [Int](repeating: 0, count: queries.count)
            for place in drawn { times[place] += 1 }
            return predictions.averagePrecision { times[places[$0]!] }
        }
        guard let interval else { return nil }
        return Estimate(value: predictions.averagePrecision(), interval: interval, queryCount: queries.count)
    }

    /// What can be found is one less where queries are part of the gallery.
    private func issues() -> SetIssues {
        var issues = task.issues
        let gallery = Set(task.gallery)
        let findable = task.gallery.count - (task.queries.contains(where: gallery.contains) ? 1 : 0)
        for metric in options.metrics {
            guard let cutoff = metric.cutoff, cutoff > findable else { continue }
            issues.add(SetIssue(.cutoffBeyondGallery, metric.key, detail: "\(findable) images can be found"))
        }
        return issues
    }
}
