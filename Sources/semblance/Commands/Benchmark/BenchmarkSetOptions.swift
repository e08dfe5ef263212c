import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceLab

/// The labelled sets of a benchmark.
struct BenchmarkSetOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Sets: [NAME=]PATH[#PREFIX].", valueName: "set"), completion: .file())
    var sets: [String]

    @Option(
        name: .customLong("class-depth"),
        help: ArgumentHelp("Class folders: how many folders' names make a class.", valueName: "n"))
    var classDepth = 1

    @Option(
        name: .customLong("label-field"),
        help: ArgumentHelp(
            "Lists: the column, or the member such as metadata.category, that holds the label.", valueName: "field"))
    var labelField: String?

    /// Reads the sets, off the cooperative pool.
    /// - Throws: `LabError`.
    func read() async throws -> [LabelledSet] {
        let options = self
        let threads = ThreadPool(name: "set", threadCount: 1)
        defer { threads.shutDown() }
        return try await threads.run {
            try options.sets.map { text in
                let name = SetName(text)
                let set = try LabelledSet(
                    at: name.path,
                    options: SetOptions(
                        classDepth: options.classDepth, labelField: options.labelField, idPrefix: name.prefix ?? ""))
                return try LabelledSet(
                    name: name.title ?? set.name, images: set.images, relevance: set.relevance, issues: set.issues)
            }
        }
    }
}

/// `[NAME=]PATH[#PREFIX]`; what is a path as it stands is meant as one.
struct SetName {
    private(set) var title: String?
    private(set) var path: String
    private(set) var prefix: String?

    init(_ text: String) {
        path = text
        if !Self.exists(path), let equals = path.firstIndex(of: "=") {
            title = String(path[..<equals])
            path = String(path[path.index(after: equals)...])
        }
        if !Self.exists(path), let hash = path.lastIndex(of: "#") {
            prefix = String(path[path.index(after: hash)...])
            path = String(path[..<hash])
        }
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
