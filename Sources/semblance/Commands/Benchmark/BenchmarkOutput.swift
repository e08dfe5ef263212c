import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceLab

/// Where a benchmark's report goes.
struct BenchmarkOutput: ParsableArguments {
    @Option(
        name: .customLong("json"), defaultAsFlag: "-",
        help: ArgumentHelp("Write the report as JSON; without a file, print it instead of text.", valueName: "file"),
        completion: .file())
    var jsonPath: String?

    @Option(
        name: .customLong("html"),
        help: ArgumentHelp("Write a report that any browser shows, all in one file.", valueName: "file"),
        completion: .file())
    var htmlPath: String?

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Where what was measured is kept.", valueName: "folder"), completion: .directory)
    var folder = "benchmark"

    @Option(name: .customLong("data"), help: ArgumentHelp("The data folder (SEMBLANCE_DATA).", valueName: "folder"))
    var dataFolder: String?

    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Log more.")
    var isVerbose = false

    /// What every command has.
    var common: CommonOptions {
        var options = CommonOptions()
        options.dataFolder = dataFolder
        // Every member must have a value: one that was not parsed has none to read.
        (options.database, options.queue, options.filesFolder, options.allowsOldExtension) = (nil, nil, nil, false)
        options.printsJSON = printsJSON
        options.isVerbose = isVerbose
        return options
    }

    var printsJSON: Bool { jsonPath == "-" }

    /// Says before an hour of work that its result could not be written.
    /// - Throws: `StoreError`.
    func check() throws {
        for path in [jsonPath, htmlPath].compactMap({ $0 }) where path != "-" {
            let folder = (path as NSString).deletingLastPathComponent
            guard access(folder.isEmpty ? "." : folder, W_OK) == 0 else {
                throw StoreError(
                    .notWritable, "'\(path)' cannot be written: there is no such folder, or no permission.")
            }
        }
    }

    func write(_ report: BenchmarkReport) throws {
        if let htmlPath { try Self.save(Array(report.html.utf8), to: htmlPath) }
        let json = [UInt8](try report.json()) + [UInt8(ascii: "\n")]
        if let jsonPath, !printsJSON { try Self.save(json, to: jsonPath) }
        Console.write(printsJSON ? String(decoding: json, as: UTF8.self) : report.text, to: STDOUT_FILENO)
    }

    private static func save(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.notWritable, "'\(path)' could not be written.", underlying: error)
        }
    }
}

extension BenchmarkReport {
    /// The report for a terminal.
    fileprivate var text: String {
        let tables = qualityTables + [speedTable] + indexTables
        var parts = tables.map { table in
            var drawn = Table(table.header)
            for row in table.rows { drawn.append(row) }
            return "\(table.title)\n\(drawn.text)"
        }
        if !findings.sentences.isEmpty { parts.append(findings.sentences.joined(separator: "\n")) }
        if !findings.front.isEmpty {
            parts.append("Pareto front, quickest first: " + findings.front.map(\.title).joined(separator: ", "))
        }
        let failed = failures.map { "failed: \($0.name): \($0.reason)" }
        let missing = failed + leftOut.map { "not run: \($0.name): \($0.reason)" }
        if !missing.isEmpty { parts.append(missing.joined(separator: "\n")) }
        parts.append(circumstances.joined(separator: "\n"))
        return parts.joined(separator: "\n\n") + "\n"
    }
}

/// What a benchmark is doing, on one line of a terminal.
final class StepLine: Sendable {
    private let isShown: Bool

    init(isShown: Bool) { self.isShown = isShown && Console.isInteractive }

    func draw(_ progress: Benchmark.Progress) {
        guard isShown else { return }
        Console.write("\r\u{1B}[K\(progress.done) of \(progress.total) · \(progress.step)", to: STDERR_FILENO)
    }

    func clear() {
        if isShown { Console.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }
}
