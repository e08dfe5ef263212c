import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceLab

/// Options of commands that read a labelled set.
struct LabelledSetOptions: ParsableArguments {
    @Option(
        name: .customLong("class-depth"),
        help: ArgumentHelp("Class folders: how many folders' names make a class.", valueName: "n"))
    var classDepth = 1

    @Option(
        name: .customLong("label-field"),
        help: ArgumentHelp(
            "Lists: the column, or the member such as metadata.category, that holds the label.", valueName: "field"))
    var labelField: String?

    @Option(
        name: .customLong("labels"),
        help: ArgumentHelp(
            "A file of the labels that there may be, one a line; others are mistakes.", valueName: "file"),
        completion: .file())
    var labelsPath: String?

    @Option(
        name: .customLong("prefix"),
        help: ArgumentHelp("Only images whose ids begin so, such as furniture/.", valueName: "text"))
    var idPrefix = ""

    @Option(
        name: .customLong("judgements"),
        help: ArgumentHelp("Judgements in TREC's format (qrels), in place of labels.", valueName: "file"),
        completion: .file())
    var judgementsPath: String?

    @Flag(name: .customLong("graded"), help: "Take the number of labels in common for the grade.")
    var isGraded = false

    /// Reads a set, off the cooperative pool.
    /// - Parameter text: as `SetName` takes it apart.
    /// - Throws: `LabError`.
    func read(_ text: String) async throws -> LabelledSet {
        let (options, name) = (self, SetName(text))
        return try await ThreadPool.once("set") {
            let labels = try options.labelsPath.map { try SetOptions.labels(listedIn: $0) }
            return try LabelledSet(
                at: name.path, named: name.title,
                options: SetOptions(
                    classDepth: options.classDepth, labelField: options.labelField, knownLabels: labels,
                    idPrefix: name.prefix ?? options.idPrefix, judgementsPath: options.judgementsPath,
                    gradesBySharedLabels: options.isGraded))
        }
    }

    /// The options that were given, as on the command line.
    var words: [String] {
        var words: [String] = []
        if classDepth != 1 { words += ["--class-depth", "\(classDepth)"] }
        if let labelField { words += ["--label-field", labelField] }
        if let labelsPath { words += ["--labels", labelsPath] }
        if !idPrefix.isEmpty { words += ["--prefix", idPrefix] }
        if let judgementsPath { words += ["--judgements", judgementsPath] }
        if isGraded { words += ["--graded"] }
        return words
    }
}
