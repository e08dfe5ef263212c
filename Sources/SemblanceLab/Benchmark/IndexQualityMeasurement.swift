import SemblanceCore

/// What searching through an index does to the answers of one model: every set's gallery is put into each index, which
/// then ranks in place of the exact scan.
struct IndexQualityMeasurement: Sendable {
    let indexes: [BenchmarkIndex]
    let options: BenchmarkPlan.Options

    /// Tuning sees this many of a set's vectors at most.
    private static let tuningCount = 400

    /// As far as an index is asked: to the k-th neighbour.
    private var metrics: [Metric] {
        let k = options.limit
        return [.averagePrecisionAt(k, .relevant), .precision(at: k), .recall(at: k), .nDCGAt(k)]
    }

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

    private func values(of index: BenchmarkIndex, _ embeddings: SetEmbeddings) async throws -> [QualityValue] {
        let task = try embeddings.task()
        let gallery = task.gallery
        let step = max(1, (task.queries.count + Self.tuningCount - 1) / Self.tuningCount)
        let queries = stride(from: 0, to: task.queries.count, by: step).map { embeddings.matrix[task.queries[$0]] }
        let built = try await index.build(embeddings.model, gallery.map { embeddings.matrix[$0] }, queries)
        do {
            let evaluation = try await Evaluator(
                Evaluator.Options(metrics: metrics), threadCount: options.threadCount
            ).evaluate(
                embeddings,
                by: .index(limit: options.limit) { query, limit in
                    try await built.index.search(near: query, limit: limit, minimumScore: nil, matching: nil).map {
                        Neighbour(id: .init(rawValue: Int64(gallery[built.place(of: $0.id)])), score: $0.score)
                    }
                })
            await built.close()
            return QualityValue.all(of: evaluation)
        } catch {
            await built.close()
            throw error
        }
    }
}
