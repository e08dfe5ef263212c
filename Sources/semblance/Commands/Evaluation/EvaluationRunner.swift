import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceVision

/// Loads a model, embeds a set with it and evaluates, drawing progress.
struct EvaluationRunner: Sendable {
    let vision: Vision
    let set: LabelledSet
    let options: Evaluator.Options
    let showsProgress: Bool

    /// Where embeddings are kept between runs.
    static var cacheFolder: String { CacheFolder.path + "/evaluation" }

    private var threadCount: Int { vision.configuration.workerThreadCount }

    struct Outcome: Sendable {
        let evaluation: Evaluation
        /// The arithmetic that the engine chose.
        let chosenPrecision: String
    }

    func run(modelID: String) async throws -> Outcome {
        let embedder = try await vision.models.embedder(for: modelID)
        let precision = vision.models.configuration.precision.rawValue
        let chosen = (embedder as? OpenVINOEmbedder)?.chosenPrecision ?? precision
        let setEmbedder = SetEmbedder(
            reader: vision.reader, limits: vision.configuration.limits, threadCount: threadCount + 1,
            cacheFolder: Self.cacheFolder,
            variant: "\(precision) \(chosen) \(Self.engineVersion) \(Machine.current.processor)")
        let embeddings = try await drawing { line in
            try await setEmbedder.embed(set, with: embedder) { line.draw($0) }
        }
        let evaluation = try await drawing { line in
            try await Evaluator(options, threadCount: threadCount).evaluate(embeddings) {
                line.draw(JobProgress(total: $1, done: $0))
            }
        }
        return Outcome(evaluation: evaluation, chosenPrecision: chosen)
    }

    private func drawing<Value>(_ body: (ProgressLine) async throws -> Value) async throws -> Value {
        let line = ProgressLine(isShown: showsProgress)
        defer { line.clear() }
        return try await body(line)
    }

    static var engineVersion: String { OpenVINORuntime.version() ?? "unknown" }

    /// What a report says about this run.
    func description(
        setPath: String, optionWords: [String], chosenPrecision: String, credit: String
    ) -> RunDescription {
        RunDescription(
            setPath: setPath, options: optionWords, precision: vision.models.configuration.precision.rawValue,
            chosenPrecision: chosenPrecision, threadCount: threadCount, bootstrap: options.bootstrap,
            machine: .current, programVersion: Version.current, engineVersion: Self.engineVersion, credit: credit)
    }

    /// Draws a page, which makes thumbnails, off the cooperative pool.
    static func draw(_ body: @escaping @Sendable () throws -> String) async throws -> String {
        try await ThreadPool.once("report", body)
    }
}
