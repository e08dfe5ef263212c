import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceVision

struct MakeCopies: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copies", abstract: "Make a copy-detection set out of any folder of pictures.",
        discussion: """
            Copies of some pictures are cropped, turned, flipped, shrunk, compressed, blurred, recoloured, written over and \
            put into screenshots; they are the queries, and the folder's pictures the gallery. Strangers are pictures \
            whose copies are asked for and which are not in the gallery. The same folder, options and seed give the same \
            set. The output gets originals/, copies/, list.jsonl and qrels.txt.

            EXAMPLES
              semblance dataset copies ~/Pictures copies/ --originals 200
              semblance evaluate copies/ --model sscd-int8
            """)

    @Argument(help: "The folder of pictures.", completion: .directory)
    var folder: String

    @Argument(help: "The folder to make; it must not exist.")
    var output: String

    @Option(name: .customLong("originals"), help: ArgumentHelp("Pictures to make copies of.", valueName: "n"))
    var originalCount = 100

    @Option(
        name: .customLong("strangers"),
        help: ArgumentHelp("Pictures to make copies of and leave out of the gallery.", valueName: "n"))
    var strangerCount = 20

    @Option(
        help: ArgumentHelp(
            "Kinds of changes, with commas: \(Alteration.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "kinds"),
        transform: Self.kinds)
    var kinds = Alteration.Kind.allCases

    @Option(
        help: ArgumentHelp("How strong, with commas: 0 is hardly seen, 1 hardly recognised.", valueName: "numbers"),
        transform: Self.strengths)
    var strengths = [0.3, 0.8]

    @Option(help: ArgumentHelp("Decides what is left to chance.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .customLong("longest-side"),
        help: ArgumentHelp("Larger pictures are reduced to this before they are changed, in pixels.", valueName: "n"))
    var longestSide = 512

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard (32...4096).contains(longestSide) else { throw ValidationError("--longest-side is 32 to 4096.") }
    }

    func run() async throws {
        let command = self
        let failedCount = try await semblance.run(options) { try await command.make() }
        if failedCount > 0 { throw ExitCode.someFilesFailed }
    }

    /// - Returns: how many files failed.
    private func make() async throws -> Int {
        try CopySetBuilder.check(output: output)
        let (folder, planOptions) = (self.folder, self.planOptions)
        let planned = try await ThreadPool.once("set") { try CopySetBuilder.plan(folder, planOptions) }
        let builder = CopySetBuilder(
            alterer: PictureAlterer(decoder: ImageDecoder(), longestSide: longestSide),
            threadCount: ProcessInfo.processInfo.activeProcessorCount)
        let line = ProgressLine(isShown: !options.printsJSON)
        defer { line.clear() }
        let summary = try await builder.build(planned.plan, from: folder, at: output) { line.draw($0) }
        line.clear()
        let failures = planned.failures + summary.failures
        for failure in failures { Console.note("\(failure.path): \(failure.message)") }
        Console(options).print(
            [
                "set": .string(output), "gallery": .number(Double(summary.galleryCount)),
                "copies": .number(Double(summary.copyCount)), "strangers": .number(Double(summary.strangerCount)),
                "failures": .array(failures.map(\.commandLineJSON)),
            ],
            text: """
                \(summary.copyCount) copies to be looked for among \(summary.galleryCount) pictures, \
                \(summary.strangerCount) pictures' copies in vain
                semblance evaluate \(output)
                """)
        return failures.count
    }

    private var planOptions: CopySetPlan.Options {
        CopySetPlan.Options(
            originalCount: originalCount, strangerCount: strangerCount, kinds: kinds, strengths: strengths, seed: seed)
    }

    private static func kinds(_ text: String) throws -> [Alteration.Kind] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map {
            guard let kind = Alteration.Kind(rawValue: String($0)) else {
                let known = Alteration.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("There is no change '\($0)'. Known: \(known).")
            }
            return kind
        }
    }

    private static func strengths(_ text: String) throws -> [Double] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map {
            guard let strength = Double($0), (0...1).contains(strength) else {
                throw ValidationError("A strength is a number from 0 to 1; '\($0)' is none.")
            }
            return strength
        }
    }
}
