import SemblanceCore

/// One stage of ingestion. Steps run in the order of `IngestContext.steps`, a batch at a time.
protocol IngestStep: Sendable {
    /// - Throws: what ends the whole job; what is wrong with one file becomes that item's outcome.
    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch
    /// Reached when the step is done.
    var faultPoint: FaultPoint { get }
}

/// What the steps of one job share.
struct IngestContext: Sendable {
    /// The way of a file from its name to its embedding; the store comes after, for several batches at once.
    static let steps: [any IngestStep] = [
        FetchStep(), ReadStep(), RecogniseStep(), DecodeStep(), EmbedStep(), KeepStep(),
    ]

    let engine: Engine
    let catalogue: Catalogue
    let space: EmbeddingSpace
    let embedder: any Embedder
    let index: any VectorIndex
    /// Whether originals are copied into the file store; uploads always are.
    let copies: Bool

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
