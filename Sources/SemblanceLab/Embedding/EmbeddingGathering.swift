import SemblanceCore

/// Puts batches together in whatever order they end.
struct EmbeddingGathering {
    private let set: LabelledSet
    private let model: ModelVersion
    private var matrix: EmbeddingMatrix
    private var positions: [ContentHash: [Int]] = [:]
    private var failures: [Int: any Error] = [:]
    private var cost = EmbeddingCost()

    init(_ set: LabelledSet, _ model: ModelVersion, threadCount: Int) {
        self.set = set
        self.model = model
        matrix = EmbeddingMatrix(rowCount: set.images.count, dimension: model.dimension)
        cost.threadCount = threadCount
    }

    var progress: JobProgress {
        JobProgress(
            total: set.images.count, done: cost.embeddedCount, failed: cost.failedCount, skipped: cost.keptCount)
    }

    mutating func add(_ batch: EmbeddedBatch) {
        cost.preparation += batch.preparation
        cost.inference += batch.inference
        for (position, hash, outcome) in batch.outcomes {
            if let hash { positions[hash, default: []].append(position) }
            switch outcome {
            case .embedded(let embedding):
                matrix[position] = embedding
                cost.embeddedCount += 1
            case .kept(let embedding):
                matrix[position] = embedding
                cost.keptCount += 1
            case .failed(let error):
                failures[position] = error
                cost.failedCount += 1
            }
        }
    }

    /// - Throws: what the model said, if it could embed nothing.
    consuming func finish(elapsed: Duration) throws -> SetEmbeddings {
        if cost.embeddedCount + cost.keptCount == 0, let error = failures.values.first(where: { $0 is ModelError }) {
            throw error
        }
        var cost = cost
        cost.elapsed = elapsed
        var issues = set.issues
        for (position, error) in failures.sorted(by: { $0.key < $1.key }) {
            let failure = FileFailure(path: set.images[position].id.text, error: error)
            issues.add(SetIssue(.brokenImage, failure.path, detail: failure.message))
        }
        return SetEmbeddings(
            set, model: model, matrix: matrix, unusable: Set(failures.keys),
            identical: positions.values.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] },
            issues: issues, cost: cost)
    }
}
