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
        var writer = JSONWriter()
        if jsonPath != nil { document.write(to: &writer) }
        try write(json: writer.bytes, html: html, text: text())
    }

    /// The same with the results as JSON already.
    func write(json: @autoclosure () throws -> [UInt8], html: String?, text: @autoclosure () -> String) throws {
        if let htmlPath, let html { try Self.save(Array(html.utf8), to: htmlPath) }
        let json = jsonPath == nil ? [] : try json() + [UInt8(ascii: "\n")]
        if let jsonPath, !printsJSON { try Self.save(json, to: jsonPath) }
        Console.write(printsJSON ? String(decoding: json, as: UTF8.self) : text() + "\n", to: STDOUT_FILENO)
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
