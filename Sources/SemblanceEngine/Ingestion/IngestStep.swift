import SemblanceCore

/// One stage of ingestion. Steps run in the order that `IngestContext` lists them in, a batch at a time.
protocol IngestStep: Sendable {
    /// - Throws: what ends the whole job; what is wrong with one file becomes that item's outcome.
    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch
    /// Reached when the step is done.
    var faultPoint: FaultPoint { get }
}

/// What the steps of one job share.
struct IngestContext: Sendable {
    /// How many bytes an item has is known afterwards only.
    static let fetching: [any IngestStep] = [FetchStep()]
    /// The way of a file from its name to its pixels, for which the model need not be loaded yet.
    static let preparation: [any IngestStep] = [ReadStep(), RecogniseStep(), DecodeStep()]
    /// From pixels to an embedding; the store comes after, for several batches at once.
    static let completion: [any IngestStep] = [EmbedStep(), KeepStep()]
    /// Bytes of pixels that wait, in all workers, for a model that is still loading.
    private static let maximumPreparedByteCount = 64_000_000

    let engine: Engine
    let catalogue: Catalogue
    let space: EmbeddingSpace
    let model: OpenedModel
    let index: any VectorIndex
    /// Whether originals are copied into the file store; uploads always are.
    let copies: Bool
    let hosts = FailingHosts()
    /// Images that were fetched and are not stored yet.
    let fetched = FetchedFiles()

    /// Files that a worker takes at once.
    var batchSize: Int { engine.configuration.batchSize ?? model.preferredBatchSize }

    /// Workers: twice as many as cores and one, so that a core always has decoding or inference to do.
    var workerCount: Int { 2 * engine.configuration.workerThreadCount + 1 }

    /// Batches that each worker may prepare while the model is still loading.
    var preparedBatchCount: Int {
        let side = model.preprocessing.size
        return max(1, Self.maximumPreparedByteCount / (workerCount * batchSize * side * side * 3))
    }

    /// Batches of at most as many files as the model prefers, and of about `maximumBatchByteCount` bytes.
    func batches(of items: [IngestItem]) -> [IngestBatch] {
        let maximum = Int64(engine.configuration.maximumBatchByteCount)
        var batches: [IngestBatch] = []
        var open: [IngestItem] = []
        var byteCount: Int64 = 0
        for item in items {
            let size = Int64(item.byteCount)
            if open.count == batchSize || (!open.isEmpty && byteCount + size > maximum) {
                batches.append(IngestBatch(items: open))
                open = []
                byteCount = 0
            }
            open.append(item)
            byteCount += size
        }
        if !open.isEmpty { batches.append(IngestBatch(items: open)) }
        return batches
    }

    /// Takes a batch through some of the steps.
    func run(_ steps: [any IngestStep], on batch: IngestBatch) async throws -> IngestBatch {
        var batch = batch
        for step in steps {
            batch = try await step.run(batch, in: self)
            engine.faults.reach(step.faultPoint)
        }
        return batch
    }

    /// Runs blocking work on ingestion's threads.
    func onThread(
        _ batch: IngestBatch, _ body: @escaping @Sendable (inout IngestBatch) throws -> Void
    ) async throws -> IngestBatch {
        try await engine.ingestThreads.run {
            var batch = batch
            try body(&batch)
            return batch
        }
    }
}
