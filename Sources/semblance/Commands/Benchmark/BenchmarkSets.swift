import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceVision

struct BenchmarkSets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Compare models, precisions and indexes on sets whose answers are known.",
        discussion: """
            Each model in each precision is measured on each set: how good its answers are, how quick and how large it is. \
            Then each index is built of the model's vectors and searched. A set is what 'evaluate' takes; NAME= before it \
            names it in the report, #PREFIX behind it keeps to the images whose ids begin so. int8 means the form of \
            a model that 'models quantize' makes. What was measured is kept in the output folder: a run that was \
            interrupted goes on where it was.

            EXAMPLES
              semblance benchmark pictures/ --output results
              semblance benchmark stamps=.deps/demo/stamps --models efficientnet-lite0,dhash --precisions f32,int8
              semblance benchmark 'furniture=.deps/demo/metadata.jsonl#furniture/' --label-field metadata.category \
            --indexes exact,lsh --vectors 100000 --html report.html
            """)

    @Argument(help: ArgumentHelp("Sets: [NAME=]PATH[#PREFIX].", valueName: "set"), completion: .file())
    var sets: [String]

    @OptionGroup var setOptions: LabelledSetOptions

    @Option(
        help: ArgumentHelp("Models, with commas; by default all whose weights are here.", valueName: "ids"),
        transform: Self.list)
    var models: [String]?

    @Option(
        help: ArgumentHelp("f32, bf16, int8, default; with commas.", valueName: "names"), transform: Self.precisions)
    var precisions: [BenchmarkPrecision] = [.f32, .bf16, .int8]

    @Option(
        help: ArgumentHelp(
            "exact (Float32 scan), local (the embedded index), lsh, pgvector; with commas; none leaves them out.",
            valueName: "names"),
        transform: Self.indexes)
    var indexes: [BenchmarkIndexKind] = [.exact, .local, .lsh]

    @Option(help: ArgumentHelp("Vectors of the large collection, made between real ones; 0: none.", valueName: "n"))
    var vectors = 20_000

    @Option(help: ArgumentHelp("Neighbours that indexes are asked for.", valueName: "n"))
    var k = 10

    @Option(help: ArgumentHelp("Rounds over all models, and over all indexes.", valueName: "n"))
    var rounds = 3

    @Option(help: ArgumentHelp("Queries of the indexes, at most.", valueName: "n"))
    var queries = 200

    @Option(help: ArgumentHelp("Recall that the hash tables are tuned for, on held-out vectors.", valueName: "share"))
    var recall = 0.95

    @Option(help: ArgumentHelp("Decides what is held out and what augmentation draws.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("PostgreSQL with pgvector, for the index of that name.", valueName: "url"))
    var database: String?

    @Option(help: ArgumentHelp("A remark for the report, such as what else the machine does.", valueName: "words"))
    var note = ""

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Where what was measured is kept.", valueName: "folder"), completion: .directory)
    var folder = "benchmark"

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var report: ReportOptions

    func validate() throws {
        guard recall > 0, recall < 1 else { throw ValidationError("--recall is between 0 and 1.") }
    }

    func run() async throws {
        let command = self
        let hasFailed = try await semblance.run(report.common) { try await command.measure() }
        if hasFailed { throw ExitCode.someFilesFailed }
    }

    /// - Returns: whether a part of the matrix failed, or an image could not be read.
    private func measure() async throws -> Bool {
        try report.check(against: sets.map { SetName($0).path })
        let vision = try Vision.build(engineOptions.settings, for: report.common)
        // First: an unknown model is told before a large set is read.
        let lineup = try ModelLineup(
            names: models, precisions: precisions, vision: vision, settings: engineOptions.settings,
            options: report.common)
        let tools = IndexTools(
            folder: folder, recall: recall, limit: k, seed: seed, threadCount: threadCount(vision))
        let (built, missing) = tools.indexes(indexes, database: database)
        var read: [LabelledSet] = []
        for text in sets { read.append(try await setOptions.read(text)) }
        let plan = BenchmarkPlan(
            sets: read, models: lineup.models, indexes: built, options: options(vision))
        var circumstances = MachineFacts.now(note: note)
        let line = PhaseLine(isShown: !report.printsJSON)
        defer { line.clear() }
        let benchmark = try Benchmark(
            plan, reader: vision.reader, limits: vision.configuration.limits, folder: folder)
        let rows = try await benchmark.run { line.draw("\($0.done) of \($0.total) · \($0.step)") }
        line.clear()
        circumstances.keptPartCount = benchmark.keptPartCount
        circumstances.loadAtEnd = MachineFacts.load
        let found = BenchmarkReport(
            plan, rows: rows, leftOut: lineup.leftOut + missing, circumstances: circumstances, command: commandLine,
            createdAt: Date())
        try report.write(
            json: [UInt8](found.json()), html: report.htmlPath == nil ? nil : found.html, text: found.text)
        let hasBroken = rows.contains { $0.quality.value?.sets.contains { $0.brokenCount > 0 } ?? false }
        return hasBroken || !found.failures.isEmpty
    }

    private func threadCount(_ vision: Vision) -> Int { vision.configuration.workerThreadCount }

    private func options(_ vision: Vision) -> BenchmarkPlan.Options {
        var options = BenchmarkPlan.Options(threadCount: threadCount(vision))
        options.roundCount = rounds
        options.vectorCount = vectors
        options.queryCount = queries
        options.limit = k
        options.seed = seed
        return options
    }

    /// As it was typed, but for the database's URL: it may hold a password.
    private var commandLine: String {
        let words = CommandLine.arguments.dropFirst().map { $0.contains("://") ? "postgres://…" : $0 }
        return (["semblance"] + words).map { word in
            word.contains { " #'\"".contains($0) } ? "'\(word)'" : word
        }.joined(separator: " ")
    }
}

// MARK: - Arguments

extension BenchmarkSets {
    private static func list(_ text: String) throws -> [String] {
        let names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard !names.isEmpty else { throw ValidationError("Name at least one, or several with commas.") }
        return names
    }

    private static func precisions(_ text: String) throws -> [BenchmarkPrecision] {
        try list(text).map { name in
            guard let precision = BenchmarkPrecision(rawValue: name) else {
                let known = BenchmarkPrecision.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("There is no precision '\(name)'. Known are: \(known).")
            }
            return precision
        }
    }

    private static func indexes(_ text: String) throws -> [BenchmarkIndexKind] {
        if text == "none" { return [] }
        return try list(text).map { name in
            guard let kind = BenchmarkIndexKind(rawValue: name) else {
                let known = BenchmarkIndexKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("There is no index '\(name)'. Known are: \(known), or none.")
            }
            return kind
        }
    }
}
