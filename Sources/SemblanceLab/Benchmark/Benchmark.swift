// The matrix: every model in every precision on every set, and every index on the models' vectors.
//
// First the quality of each model, which embeds every set. Then, in rounds, each model's speed: a round loads each in
// turn, so that memory holds one at a time, loading is measured more than once, and a slow minute of the machine falls on
// all models. Then the indexes, one model after the other; all indexes of a collection are built and asked by turns. A
// model in another precision is another model in all of this.
//
// What fails is written down and the rest goes on. Only cancelling ends a run, and the next one goes on from there.

import SemblanceCore
import Synchronization

/// Runs a plan.
public struct Benchmark: Sendable {
    /// How far a run is.
    public struct Progress: Hashable, Sendable {
        /// Parts of the matrix that are done, and all.
        public let done: Int
        public let total: Int
        /// What is being done.
        public let step: String
    }

    private let plan: BenchmarkPlan
    private let measurement: ModelMeasurement
    private let state: BenchmarkState
    private let inputs: [String]

    /// - Parameter folder: keeps what was measured, and embeddings; made if it is missing.
    /// - Throws: `benchmark-invalid`; `StoreError` for the folder.
    public init(
        _ plan: BenchmarkPlan, reader: any ImageReader, limits: DecodingLimits = DecodingLimits(), folder: String
    ) throws {
        try plan.validate()
        self.plan = plan
        measurement = ModelMeasurement(
            sets: plan.sets, options: plan.options, reader: reader, limits: limits,
            cacheFolder: folder + "/embeddings")
        state = try BenchmarkState(folder: folder)
        inputs = plan.sets.map(\.fingerprint)
    }

    /// Parts that were not measured again, so far.
    public var keptPartCount: Int { state.keptCount }

    /// - Parameter onProgress: called often, on any thread.
    /// - Throws: `CancellationError`; `StoreError` if what was measured cannot be kept.
    public func run(onProgress: @escaping @Sendable (Progress) -> Void = { _ in }) async throws -> [ModelRow] {
        let counter = Counter(total: partCount, onProgress: onProgress)
        var qualities: [CellOutcome<ModelQuality>] = []
        for model in plan.models {
            counter.note("\(model.title): embedding")
            qualities.append(
                try await outcome { try await quality(of: model) { counter.note("\(model.title) · \($0)") } })
            counter.advance()
        }
        let speeds = try await speeds(qualities, counter)
        let indexes = try await indexes(qualities, counter)
        let indexQualities = try await indexQualities(qualities, counter)
        return plan.models.indices.map { place in
            let model = plan.models[place]
            return ModelRow(
                title: model.title, base: model.base, modelID: model.modelID, precision: model.precision,
                quality: qualities[place], speed: speeds[place], indexes: indexes[place],
                indexQualities: indexQualities[place])
        }
    }

    private var collectionCount: Int { plan.indexes.isEmpty ? 0 : plan.options.vectorCount > 0 ? 2 : 1 }
    private var partCount: Int {
        let indexParts = plan.indexes.isEmpty ? 0 : collectionCount + 1
        return plan.models.count * (1 + plan.options.roundCount + indexParts)
    }

    private func outcome<Value>(_ body: () async throws -> Value) async throws -> CellOutcome<Value> {
        do {
            try Task.checkCancellation()
            return .done(try await body())
        } catch let error as StoreError where error.code == .notWritable || error.code == .diskFull {
            throw error
        } catch {
            return try .caught(error)
        }
    }
}

// MARK: - Models

extension Benchmark {
    private func inputs(of model: BenchmarkModel) -> [String] {
        [model.modelID, model.precision, model.fingerprint] + inputs
    }

    private func quality(
        of model: BenchmarkModel, onProgress: @escaping @Sendable (String) -> Void
    ) async throws -> ModelQuality {
        try await state.value("quality", of: inputs(of: model)) {
            try await measurement.quality(of: model, onProgress: onProgress)
        }
    }

    private func speeds(
        _ qualities: [CellOutcome<ModelQuality>], _ counter: Counter
    ) async throws -> [CellOutcome<ModelSpeed>?] {
        let options = plan.options
        let timing = [
            "spread", "\(options.latencyCount)", "\(options.throughputCount)", "\(options.threadCount)",
        ]
        var rounds = [[ModelRound]](repeating: [], count: plan.models.count)
        var failures: [Int: CellOutcome<ModelSpeed>] = [:]
        let files = try await ThreadPool.once("benchmark") { [measurement] in measurement.timingFiles() }
        for round in 0..<options.roundCount {
            for (place, model) in plan.models.enumerated() {
                counter.note("\(model.title): round \(round + 1) of \(options.roundCount)")
                if qualities[place].value != nil, failures[place] == nil {
                    let measured: CellOutcome<ModelRound> = try await outcome {
                        try await state.value("round", of: inputs(of: model) + timing + ["\(round)"]) {
                            try await measurement.round(of: model, files: files)
                        }
                    }
                    switch measured {
                    case .done(let value): rounds[place].append(value)
                    case .failed(let code, let message): failures[place] = .failed(code: code, message: message)
                    }
                }
                counter.advance()
            }
        }
        return plan.models.indices.map { place in
            failures[place] ?? ModelSpeed(rounds[place]).map { .done($0) }
        }
    }
}

// MARK: - Indexes

extension Benchmark {
    private func indexes(
        _ qualities: [CellOutcome<ModelQuality>], _ counter: Counter
    ) async throws -> [[IndexRow]] {
        guard !plan.indexes.isEmpty else { return plan.models.map { _ in [] } }
        var rows: [[IndexRow]] = []
        for (model, quality) in zip(plan.models, qualities) {
            guard let quality = quality.value else {
                rows.append([])
                counter.advance(by: collectionCount)
                continue
            }
            let version = ModelVersion(modelID: model.modelID, digest: quality.digest, dimension: quality.dimension)
            rows.append(try await indexRows(of: model, version, counter))
        }
        return rows
    }

    private func indexQualities(
        _ qualities: [CellOutcome<ModelQuality>], _ counter: Counter
    ) async throws -> [[IndexQuality]] {
        guard !plan.indexes.isEmpty else { return plan.models.map { _ in [] } }
        var rows: [[IndexQuality]] = []
        for (model, quality) in zip(plan.models, qualities) {
            rows.append(quality.value == nil ? [] : try await indexQualityRows(of: model, counter))
            counter.advance()
        }
        return rows
    }

    /// A row for each set and index, whatever becomes of them.
    private func indexQualityRows(of model: BenchmarkModel, _ counter: Counter) async throws -> [IndexQuality] {
        switch try await outcome({ try await indexQualities(of: model, counter) }) {
        case .done(let found): found
        case .failed(let code, let message):
            plan.sets.flatMap { set in
                plan.indexes.map {
                    IndexQuality(index: $0.name, set: set.name, outcome: .failed(code: code, message: message))
                }
            }
        }
    }

    private func indexQualities(of model: BenchmarkModel, _ counter: Counter) async throws -> [IndexQuality] {
        let measurement = IndexQualityMeasurement(indexes: plan.indexes, options: plan.options)
        let key = indexKey(model, isLarge: false) + measurement.metricKeys
        return try await unlessUnfinished("index-quality", of: key) {
            let note: @Sendable (String) -> Void = { counter.note("\(model.title) · \($0)") }
            var found: [IndexQuality] = []
            for embeddings in try await self.measurement.embeddings(of: model, onProgress: note) {
                found += try await measurement.run(embeddings, onProgress: note)
            }
            return found
        } isFinished: {
            $0.allSatisfy { $0.outcome.value != nil }
        }
    }

    private func indexRows(
        of model: BenchmarkModel, _ version: ModelVersion, _ counter: Counter
    ) async throws -> [IndexRow] {
        var rows: [IndexRow] = []
        var real: VectorCollection?
        for isLarge in [false, true].prefix(collectionCount) {
            counter.note("\(model.title): indexes")
            if isLarge, let few = rows.lazy.compactMap(\.outcome.value).first,
                few.vectorCount >= plan.options.vectorCount
            {
                // There are as many without making any.
                counter.advance()
                continue
            }
            let note: @Sendable (String) -> Void = { counter.note("\(model.title) · \($0)") }
            let outcomes: [CellOutcome<IndexResult>] = try await measured(model, isLarge: isLarge) {
                if real == nil {
                    let embeddings = try await measurement.embeddings(of: model, onProgress: note)
                    real = .real(embeddings.flatMap(ModelMeasurement.distinct), plan.options)
                }
                guard let real, !real.queries.isEmpty, real.vectors.count > plan.options.limit else {
                    throw LabError(
                        .unusableSet,
                        "There are too few images: a tenth, at most \(plan.options.queryCount), is asked, as many serve "
                            + "for tuning, and more than \(plan.options.limit) must be left to be found.")
                }
                let options = plan.options
                let collection =
                    isLarge
                    ? try await ThreadPool.once("benchmark") {
                        try real.enlarged(to: options.vectorCount, seed: options.seed)
                    } : real
                return try await IndexMeasurement(indexes: plan.indexes, options: plan.options)
                    .run(collection, model: version, onProgress: note)
            }
            let name = isLarge ? "augmented" : "real"
            rows += zip(plan.indexes, outcomes).map { index, outcome in
                IndexRow(index: index.name, collection: outcome.value?.collection ?? name, outcome: outcome)
            }
            counter.advance()
        }
        return rows
    }

    /// Kept only if every index was measured: they were measured side by side.
    private func measured(
        _ model: BenchmarkModel, isLarge: Bool, measure: () async throws -> [CellOutcome<IndexResult>]
    ) async throws -> [CellOutcome<IndexResult>] {
        do {
            return try await unlessUnfinished("indexes", of: indexKey(model, isLarge: isLarge), measure: measure) {
                $0.allSatisfy { $0.value != nil }
            }
        } catch let error as StoreError where error.code == .notWritable || error.code == .diskFull {
            throw error
        } catch {
            let failure = try CellOutcome<IndexResult>.caught(error)
            return plan.indexes.map { _ in failure }
        }
    }

    private func indexKey(_ model: BenchmarkModel, isLarge: Bool) -> [String] {
        let options = plan.options
        let numbers = [
            options.roundCount, isLarge ? options.vectorCount : 0, options.queryCount, options.limit,
            options.threadCount, Int(truncatingIfNeeded: options.seed),
        ]
        return inputs(of: model) + plan.indexes.map { "\($0.name) \($0.fingerprint)" } + numbers.map { "\($0)" }
    }

    /// A value that is kept only when it is finished.
    private func unlessUnfinished<Value: Codable & Sendable>(
        _ kind: String, of key: [String], measure: () async throws -> Value, isFinished: (Value) -> Bool
    ) async throws -> Value {
        do {
            return try await state.value(kind, of: key) {
                let value = try await measure()
                guard isFinished(value) else { throw Unfinished(value: value) }
                return value
            }
        } catch let unfinished as Unfinished<Value> {
            return unfinished.value
        }
    }

    /// Some index failed: what there is is reported, not kept.
    private struct Unfinished<Value: Sendable>: Error {
        let value: Value
    }
}

/// Counts parts of the matrix.
private final class Counter: Sendable {
    private let total: Int
    private let onProgress: @Sendable (Benchmark.Progress) -> Void
    private let done = Mutex(0)

    init(total: Int, onProgress: @escaping @Sendable (Benchmark.Progress) -> Void) {
        self.total = total
        self.onProgress = onProgress
    }

    func note(_ step: String) {
        onProgress(Benchmark.Progress(done: done.withLock { $0 }, total: total, step: step))
    }

    func advance(by count: Int = 1) { done.withLock { $0 += count } }
}
