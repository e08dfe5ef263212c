// The matrix: every model in every precision on every set, and every index on the models' vectors.
//
// First the quality of each model, which embeds every set. Then, in rounds, each model's speed: a round loads each in
// turn, so that memory holds one at a time, loading is measured more than once, and a slow minute of the machine falls on
// all models. Then the indexes, one model after the other; all indexes of a collection are built and asked by turns.
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
    public init(_ plan: BenchmarkPlan, reader: any ImageReader, folder: String) throws {
        try plan.validate()
        self.plan = plan
        measurement = ModelMeasurement(
            sets: plan.sets, options: plan.options, reader: reader, cacheFolder: folder + "/embeddings")
        state = try BenchmarkState(folder: folder)
        inputs = plan.sets.map(\.fingerprint)
    }

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
        return plan.models.indices.map { place in
            let model = plan.models[place]
            return ModelRow(
                title: model.title, base: model.base, modelID: model.modelID, precision: model.precision,
                quality: qualities[place], speed: speeds[place], indexes: indexes[place])
        }
    }

    private var collectionCount: Int { plan.indexes.isEmpty ? 0 : plan.options.vectorCount > 0 ? 2 : 1 }
    private var partCount: Int {
        plan.models.count * (1 + plan.options.roundCount) + Set(plan.models.map(\.base)).count * collectionCount
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
            try await measurement.quality(of: model, onProgress: onProgress).quality
        }
    }

    private func speeds(
        _ qualities: [CellOutcome<ModelQuality>], _ counter: Counter
    ) async throws -> [CellOutcome<ModelSpeed>?] {
        let options = plan.options
        let timing = ["\(options.latencyCount)", "\(options.throughputCount)", "\(options.threadCount)"]
        var rounds = [[ModelRound]](repeating: [], count: plan.models.count)
        var failures: [Int: CellOutcome<ModelSpeed>] = [:]
        let files = measurement.timingFiles()
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
    /// Vectors of one network in two precisions are nearly the same: the first that could be had stands for all.
    private func indexes(
        _ qualities: [CellOutcome<ModelQuality>], _ counter: Counter
    ) async throws -> [[IndexRow]] {
        var rows = [[IndexRow]](repeating: [], count: plan.models.count)
        guard !plan.indexes.isEmpty else { return rows }
        var bases: Set<String> = []
        for (place, model) in plan.models.enumerated() {
            guard let quality = qualities[place].value, bases.insert(model.base).inserted else { continue }
            let version = ModelVersion(modelID: model.modelID, digest: quality.digest, dimension: quality.dimension)
            rows[place] = try await indexRows(of: model, version, counter)
        }
        return rows
    }

    private func indexRows(
        of model: BenchmarkModel, _ version: ModelVersion, _ counter: Counter
    ) async throws -> [IndexRow] {
        var rows: [IndexRow] = []
        var real: VectorCollection?
        for isLarge in [false, true].prefix(collectionCount) {
            counter.note("\(model.title): indexes")
            let note: @Sendable (String) -> Void = { counter.note("\(model.title) · \($0)") }
            let outcomes: [CellOutcome<IndexResult>] = try await measured(model, isLarge: isLarge) {
                if real == nil {
                    let embeddings = try await measurement.embeddings(of: model, onProgress: note)
                    real = .real(embeddings, plan.options)
                }
                guard let real, !real.queries.isEmpty, real.vectors.count > plan.options.limit else {
                    throw LabError(
                        .unusableSet,
                        "There are too few images that can be used to hold queries out: at least "
                            + "\(max(10, plan.options.limit + 2)) are needed.")
                }
                let collection =
                    isLarge ? try real.enlarged(to: plan.options.vectorCount, seed: plan.options.seed) : real
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
        let options = plan.options
        let numbers = [
            options.roundCount, isLarge ? options.vectorCount : 0, options.queryCount, options.limit,
            options.threadCount, Int(truncatingIfNeeded: options.seed),
        ]
        let key = inputs(of: model) + plan.indexes.map { "\($0.name) \($0.fingerprint)" } + numbers.map { "\($0)" }
        do {
            return try await state.value("indexes", of: key) {
                let outcomes = try await measure()
                if outcomes.contains(where: { $0.value == nil }) { throw Unfinished(outcomes: outcomes) }
                return outcomes
            }
        } catch let unfinished as Unfinished {
            return unfinished.outcomes
        } catch let error as StoreError where error.code == .notWritable || error.code == .diskFull {
            throw error
        } catch {
            let failure = try CellOutcome<IndexResult>.caught(error)
            return plan.indexes.map { _ in failure }
        }
    }

    /// Some index failed: the others' results are reported, not kept.
    private struct Unfinished: Error {
        let outcomes: [CellOutcome<IndexResult>]
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

    func advance() { done.withLock { $0 += 1 } }
}
