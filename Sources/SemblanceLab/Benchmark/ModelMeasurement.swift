import Foundation
import SemblanceCore
import SemblanceEngine

/// Measures one model: how good its embeddings are on every set, and how quick it is.
struct ModelMeasurement: Sendable {
    static let metrics: [Metric] = [.averagePrecision, .precision(at: 10), .recall(at: 10), .nDCGAt(10)]
    /// Images embedded before times are taken.
    private static let warmUpCount = 8

    let sets: [LabelledSet]
    let options: BenchmarkPlan.Options
    let reader: any ImageReader
    let limits: DecodingLimits
    /// Where embeddings are kept, so that an interrupted run goes on where it was.
    let cacheFolder: String

    func quality(
        of model: BenchmarkModel, onProgress: @escaping @Sendable (String) -> Void
    ) async throws -> ModelQuality {
        let loaded = try await model.load()
        var quality = ModelQuality(
            dimension: loaded.embedder.version.dimension, digest: loaded.embedder.version.digest,
            modelByteCount: loaded.byteCount, sets: [])
        for set in sets {
            let embeddings = try await embeddings(of: set, by: model, loaded.embedder, onProgress)
            let evaluation = try await Evaluator(
                Evaluator.Options(metrics: Self.metrics), threadCount: options.threadCount
            ).evaluate(embeddings)
            quality.sets.append(SetQuality(evaluation, brokenCount: embeddings.unusable.count))
        }
        return quality
    }

    /// The embeddings of every set, which are in the cache where quality was measured before.
    func embeddings(
        of model: BenchmarkModel, onProgress: @escaping @Sendable (String) -> Void
    ) async throws -> [SetEmbeddings] {
        let loaded = try await model.load()
        var all: [SetEmbeddings] = []
        for set in sets { all.append(try await embeddings(of: set, by: model, loaded.embedder, onProgress)) }
        return all
    }

    private func embeddings(
        of set: LabelledSet, by model: BenchmarkModel, _ embedder: any Embedder,
        _ onProgress: @escaping @Sendable (String) -> Void
    ) async throws -> SetEmbeddings {
        try await SetEmbedder(
            reader: reader, limits: limits, threadCount: options.threadCount + 1, cacheFolder: cacheFolder,
            variant: "\(model.precision) \(model.fingerprint)"
        ).embed(set, with: embedder) { progress in
            let handled = progress.done + progress.failed + progress.skipped
            onProgress("\(set.name): \(handled) of \(progress.total) images")
        }
    }

    /// One of each group of files with the same bytes: an index of images holds each picture once.
    static func distinct(_ embeddings: SetEmbeddings) -> [Embedding] {
        let left = Set(embeddings.identical.flatMap { $0.dropFirst() }).union(embeddings.unusable)
        return embeddings.set.images.indices.filter { !left.contains($0) }.map { embeddings.matrix[$0] }
    }

    /// One round: load, warm up, single images, then as many as go at once.
    /// - Throws: `set-unusable` if there are no files.
    func round(of model: BenchmarkModel, files: [[UInt8]]) async throws -> ModelRound {
        guard !files.isEmpty else {
            throw LabError(.unusableSet, "None of the images that were to be timed can be read.")
        }
        let clock = ContinuousClock()
        let start = clock.now
        let embedder = try await model.load().embedder
        let loadSeconds = (clock.now - start) / .seconds(1)
        let threads = ThreadPool(name: "benchmark", threadCount: options.threadCount)
        defer { threads.shutDown() }
        for file in files.prefix(Self.warmUpCount) { _ = try await threads.run { try embed(file, embedder) } }
        var milliseconds: [Double] = []
        for place in 0..<options.latencyCount {
            try Task.checkCancellation()
            // Spread over all files, so over all sets: they lie in the order of the sets.
            let file = files[place * files.count / options.latencyCount]
            milliseconds.append(try await threads.run { try embed(file, embedder) })
        }
        return ModelRound(
            loadSeconds: loadSeconds, milliseconds: milliseconds,
            rate: try await rate(of: embedder, files: files, on: threads))
    }

    /// Milliseconds from a file's bytes to its embedding.
    private func embed(_ file: [UInt8], _ embedder: any Embedder) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        _ = try embedder.embed([try prepare(file, embedder)])
        return (clock.now - start) / .milliseconds(1)
    }

    private func prepare(_ file: [UInt8], _ embedder: any Embedder) throws -> PreparedImage {
        try file.withUnsafeBytes { try reader.prepare($0, for: embedder.preprocessing, region: nil).prepared }
    }

    /// Images a second, in the batches that the model likes best.
    private func rate(of embedder: any Embedder, files: [[UInt8]], on threads: ThreadPool) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let batchSize = max(1, embedder.preferredBatchSize)
        try await withThrowingTaskGroup(of: Void.self) { group in
            var next = 0
            func add() {
                guard next < options.throughputCount else { return }
                let batch = (next..<min(next + batchSize, options.throughputCount)).map { files[$0 % files.count] }
                next += batch.count
                group.addTask {
                    try await threads.run {
                        _ = try embedder.embed(batch.map { try prepare($0, embedder) })
                    }
                }
            }
            for _ in 0..<2 * options.threadCount { add() }
            while try await group.next() != nil {
                try Task.checkCancellation()
                add()
            }
        }
        return Double(options.throughputCount) / ((clock.now - start) / .seconds(1))
    }

    /// Files for timing: evenly spread over all sets, those that can be decoded. Blocks.
    func timingFiles() -> [[UInt8]] {
        let paths = sets.flatMap { $0.images.map(\.path) }
        let wanted = min(paths.count, max(options.latencyCount, min(options.throughputCount, 400)))
        let step = max(1, paths.count / wanted)
        let tiny = Preprocessing(size: 8, fit: .stretch, mean: [0, 0, 0], deviation: [1, 1, 1])
        return stride(from: 0, to: paths.count, by: step).compactMap { place in
            guard let data = FileManager.default.contents(atPath: paths[place]) else { return nil }
            let isReadable = data.withUnsafeBytes { (try? reader.prepare($0, for: tiny, region: nil)) != nil }
            return isReadable ? [UInt8](data) : nil
        }
    }
}

extension SetQuality {
    init(_ evaluation: Evaluation, brokenCount: Int) {
        let set = evaluation.task.set
        self.init(
            set: set.name, imageCount: set.images.count, brokenCount: brokenCount,
            issueCounts: Dictionary(uniqueKeysWithValues: evaluation.issues.counts.map { ($0.key.rawValue, $0.value) }),
            queryCount: evaluation.queries.count, values: QualityValue.all(of: evaluation),
            averagePrecisions: evaluation.values(of: .averagePrecision))
    }
}
