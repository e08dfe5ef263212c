import ArgumentParser
import Foundation
import SemblanceCore

/// Options of commands that print a table and write reports.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("json"), defaultAsFlag: "-",
        help: ArgumentHelp("Write the results as JSON; without a file, print them instead of text.", valueName: "file"),
        completion: .file())
    var jsonPath: String?

    @Option(
        name: .customLong("html"),
        help: ArgumentHelp("Write a report that any browser shows, all in one file.", valueName: "file"),
        completion: .file())
    var htmlPath: String?

    @Option(name: .customLong("data"), help: ArgumentHelp("The data folder (SEMBLANCE_DATA).", valueName: "folder"))
    var dataFolder: String?

    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Log more.")
    var isVerbose = false

    /// What every command has, with errors as JSON where the answer is.
    var common: CommonOptions {
        var options = CommonOptions()
        options.dataFolder = dataFolder
        options.printsJSON = printsJSON
        options.isVerbose = isVerbose
        return options
    }

    var printsJSON: Bool { jsonPath == "-" }

    /// Says before an hour of work that its result could not be written, and that it would overwrite what is asked about.
    /// - Throws: `StoreError`.
    func check(against inputs: [String]) throws {
        for path in [jsonPath, htmlPath].compactMap({ $0 }) where path != "-" {
            let folder = (path as NSString).deletingLastPathComponent
            guard access(folder.isEmpty ? "." : folder, W_OK) == 0 else {
                throw StoreError(
                    .notWritable, "'\(path)' cannot be written: there is no such folder, or no permission.")
            }
            let isInput = inputs.contains { Self.absolute($0) == Self.absolute(path) }
            guard !isInput else {
                throw StoreError(.notWritable, "'\(path)' is the set itself; the report needs another file.")
            }
        }
    }

    /// Writes the files that were asked for and prints the answer.
    func write(_ document: some JSONWritable, html: String?, text: @autoclosure () -> String) throws {
        if let htmlPath, let html { try Self.save(Array(html.utf8), to: htmlPath) }
        if let jsonPath, !printsJSON {
            var writer = JSONWriter()
            document.write(to: &writer)
            try Self.save(writer.bytes + [UInt8(ascii: "\n")], to: jsonPath)
        }
        Console(common).print(document, text: text())
    }

    private static func save(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.notWritable, "'\(path)' could not be written.", underlying: error)
        }
    }

    private static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
}
