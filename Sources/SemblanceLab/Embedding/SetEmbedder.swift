import SemblanceCore
import SemblanceEngine

/// Embeds labelled sets on threads of its own.
///
/// Each thread takes a few images at a time through every step: read, hash, look into the cache, decode, embed. Memory
/// is the set's vectors and one batch a thread. An image that cannot be read or embedded is counted and named, and the
/// rest goes on; what was embedded before an interruption is in the cache.
public struct SetEmbedder: Sendable {
    private let reader: any ImageReader
    private let limits: DecodingLimits
    private let threadCount: Int
    private let cacheFolder: String?
    private let variant: String

    /// - Parameters:
    ///   - threadCount: 1 or more; one more than cores keeps all busy while one waits for a disk.
    ///   - cacheFolder: where embeddings are kept between runs; `nil` keeps none and embeds every image.
    ///   - variant: what one model version may compute differently with, such as the precision: embeddings of different
    ///     variants are kept apart.
    public init(
        reader: any ImageReader, limits: DecodingLimits = DecodingLimits(), threadCount: Int,
        cacheFolder: String? = nil, variant: String = ""
    ) {
        precondition(threadCount > 0)
        self.reader = reader
        self.limits = limits
        self.threadCount = threadCount
        self.cacheFolder = cacheFolder
        self.variant = variant
    }

    /// Embeds every image of a set.
    /// - Parameter onProgress: is called after each batch, from several threads, one at a time.
    /// - Throws: `CancellationError`; `ModelError` if the model can embed none of the images that were decoded.
    public func embed(
        _ set: LabelledSet, with embedder: any Embedder,
        onProgress: @escaping @Sendable (JobProgress) -> Void = { _ in }
    ) async throws -> SetEmbeddings {
        let run = SetEmbedderRun(
            set: set, embedder: embedder, reader: reader, limits: limits,
            cache: cacheFolder.flatMap { EmbeddingCache(folder: $0, model: embedder.version, variant: variant) })
        let threads = ThreadPool(name: "evaluate", threadCount: threadCount)
        defer { threads.shutDown() }
        let clock = ContinuousClock()
        let start = clock.now
        var gathering = EmbeddingGathering(set, embedder.version, threadCount: threadCount)
        try await withThrowingTaskGroup(of: EmbeddedBatch.self) { group in
            let batchSize = max(1, embedder.preferredBatchSize)
            var next = 0
            func add() {
                guard next < set.images.count else { return }
                let positions = next..<min(next + batchSize, set.images.count)
                next = positions.upperBound
                group.addTask { try await threads.run { run.embed(positions) } }
            }
            for _ in 0..<2 * threadCount { add() }
            while let batch = try await group.next() {
                try Task.checkCancellation()
                gathering.add(batch)
                onProgress(gathering.progress)
                add()
            }
        }
        try Task.checkCancellation()
        return try gathering.finish(elapsed: clock.now - start)
    }
}

/// One batch's outcome.
struct EmbeddedBatch: Sendable {
    enum Outcome: Sendable {
        case embedded(Embedding)
        /// From an earlier run.
        case kept(Embedding)
        case failed(any Error)
    }

    var outcomes: [(position: Int, hash: ContentHash?, outcome: Outcome)] = []
    var preparation = Duration.zero
    var inference = Duration.zero
}

/// What all threads share.
struct SetEmbedderRun: Sendable {
    let set: LabelledSet
    let embedder: any Embedder
    let reader: any ImageReader
    let limits: DecodingLimits
    let cache: EmbeddingCache?

    /// Takes a few images through every step. Blocks.
    func embed(_ positions: Range<Int>) -> EmbeddedBatch {
        let clock = ContinuousClock()
        var batch = EmbeddedBatch()
        var prepared: [(position: Int, hash: ContentHash, image: PreparedImage)] = []
        for position in positions {
            let start = clock.now
            do {
                let bytes = try FileBytes(reading: set.images[position].path, maximumByteCount: limits.maximumByteCount)
                let hash = bytes.withUnsafeBytes { ContentHash(hashing: $0) }
                if let kept = cache?.embedding(of: hash) {
                    batch.outcomes.append((position, hash, .kept(kept)))
                    continue
                }
                let decoded = try bytes.withUnsafeBytes {
                    try reader.prepare($0, for: embedder.preprocessing, region: nil)
                }
                prepared.append((position, hash, decoded.prepared))
            } catch {
                batch.outcomes.append((position, nil, .failed(error)))
            }
            batch.preparation += clock.now - start
        }
        let start = clock.now
        infer(prepared, into: &batch)
        batch.inference = clock.now - start
        return batch
    }

    private func infer(
        _ prepared: [(position: Int, hash: ContentHash, image: PreparedImage)], into batch: inout EmbeddedBatch
    ) {
        guard !prepared.isEmpty else { return }
        var embedded: [(hash: ContentHash, embedding: Embedding)] = []
        if let embeddings = try? embedder.embed(prepared.map(\.image)) {
            for (entry, embedding) in zip(prepared, embeddings) {
                embedded.append((entry.hash, embedding))
                batch.outcomes.append((entry.position, entry.hash, .embedded(embedding)))
            }
        } else {
            // One image may have spoilt the batch: each for itself, so that only it fails.
            for entry in prepared {
                do {
                    let embedding = try embedder.embed([entry.image])[0]
                    embedded.append((entry.hash, embedding))
                    batch.outcomes.append((entry.position, entry.hash, .embedded(embedding)))
                } catch {
                    batch.outcomes.append((entry.position, nil, .failed(error)))
                }
            }
        }
        cache?.add(embedded)
    }
}
