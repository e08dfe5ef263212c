import SemblanceCore

// What searching through an index does to the answers of one model: every set's gallery is put into each index, which
// then ranks in place of the exact scan.
//
// Each query is asked twice: for the k nearest, as people ask, and for the nearest 1,000, since mean average precision
// looks at a whole ranking. Runs of TREC are cut there, so this is the mAP that trec_eval gives for them. An index that is
// asked for most of what it holds may rank all, as ours do.

/// Measures every index with the embeddings of one model.
struct IndexQualityMeasurement: Sendable {
    let indexes: [BenchmarkIndex]
    let options: BenchmarkPlan.Options

    /// Tuning sees this many of a set's vectors at most.
    private static let tuningCount = 400

    private static let rankingDepth = 1000

    /// What is measured of answers, by how many are asked for.
    private var metricsByLimit: [(limit: Int, metrics: [Metric])] {
        let k = options.limit
        let depth = Self.rankingDepth
        let few: [Metric] = [.averagePrecisionAt(k, .relevant), .precision(at: k), .recall(at: k), .nDCGAt(k)]
        return (k < depth ? [(depth, [.averagePrecisionAt(depth, .relevant)])] : []) + [(k, few)]
    }

    /// Names of what is measured of each index and set.
    var metricKeys: [String] { metricsByLimit.flatMap(\.metrics).map(\.key) }

    /// - Returns: an outcome for each index.
    /// - Throws: `CancellationError`.
    func run(_ embeddings: SetEmbeddings, onProgress: @escaping @Sendable (String) -> Void) async throws
        -> [IndexQuality]
    {
        var found: [IndexQuality] = []
        for index in indexes {
            try Task.checkCancellation()
            onProgress("\(embeddings.set.name) through \(index.name)")
            do {
                let values = try await values(of: index, embeddings)
                found.append(IndexQuality(index: index.name, set: embeddings.set.name, outcome: .done(values)))
            } catch {
                found.append(
                    IndexQuality(index: index.name, set: embeddings.set.name, outcome: try .caught(error)))
            }
        }
        return found
    }

    /// Where queries are of another kind than the gallery, such as altered copies, some of them: a few parameters cannot
    /// learn hundreds by heart. Where every image of the gallery asks for the others, none: each would find itself at once,
    /// and an index holds out what it needs.
    private func tuningQueries(of task: RetrievalTask, _ embeddings: SetEmbeddings) -> [Embedding] {
        guard Set(task.gallery).isDisjoint(with: task.queries) else { return [] }
        let step = max(1, (task.queries.count + Self.tuningCount - 1) / Self.tuningCount)
        return stride(from: 0, to: task.queries.count, by: step).map { embeddings.matrix[task.queries[$0]] }
    }

    private func values(of index: BenchmarkIndex, _ embeddings: SetEmbeddings) async throws -> [QualityValue] {
        let task = try embeddings.task()
        let gallery = task.gallery
        let built = try await index.build(
            embeddings.model, gallery.map { embeddings.matrix[$0] }, tuningQueries(of: task, embeddings))
        do {
            var values: [QualityValue] = []
            for (limit, metrics) in metricsByLimit {
                let evaluation = try await Evaluator(
                    Evaluator.Options(metrics: metrics), threadCount: options.threadCount
                ).evaluate(
                    embeddings,
                    by: .index(limit: limit) { query, limit in
                        try await built.index.search(near: query, limit: limit, minimumScore: nil, matching: nil).map {
                            Neighbour(id: .init(rawValue: Int64(gallery[built.place(of: $0.id)])), score: $0.score)
                        }
                    })
                values += QualityValue.all(of: evaluation)
            }
            await built.close()
            return values
        } catch {
            await built.close()
            throw error
        }
    }
}
