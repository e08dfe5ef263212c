import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct Index: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take images into a catalogue.",
        discussion: """
            Folders are walked for names that end as an image's (.jpg, .png, .webp, …). Originals stay where they are \
            unless --copy is given. A file that is unchanged since the last run (path, size and time) is skipped unread. \
            Ctrl-C stops after the present batch; the next run goes on.

            --prune removes images that were left in place and whose files are gone. What --copy stored or somebody \
            uploaded stays until 'remove' takes it: the copy may be the only one left. A folder below which nothing at all \
            is left is passed over, as a disk that is not mounted.

            EXAMPLES
              semblance index ~/Pictures
              semblance index shop/ --catalogue products --metadata shop/metadata.jsonl --prune
              semblance index ~/Pictures --watch
            """)

    @Argument(help: "Files and folders.", completion: .file())
    var paths: [String]

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name; it is made if there is none.")
    var catalogue = Catalogue.defaultName

    @Option(name: [.long, .customShort("m")], help: "The model; by default the catalogue's own.")
    var model: String?

    @Flag(name: .customLong("copy"), help: "Copy originals into the data folder.")
    var copies = false

    @Flag(
        name: .customLong("prune"),
        help: "Remove images whose files below the paths are gone; copies in the data folder stay.")
    var prunes = false

    @Option(
        name: .customLong("metadata"),
        help: ArgumentHelp(
            "Metadata for the files: JSON lines of {\"path\": …, \"metadata\": {…}}, paths relative to that file.",
            valueName: "file"), completion: .file())
    var metadataPath: String?

    @Flag(name: .customLong("watch"), help: "Go on and follow changes (implies --prune).")
    var watches = false

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("Name at least one file or folder.") }
    }

    func run() async throws {
        let command = self
        let failedCount = try await semblance.run(options) { try await command.index() }
        if failedCount > 0 { throw ExitCode.someFilesFailed }
    }

    /// - Returns: how many files failed.
    private func index() async throws -> Int {
        let app = try await App.build(options, engineOptions.settings, access: .writeOrHandOver)
        // Watched from before the first run, so that nothing that changes meanwhile is missed.
        let changes = watches ? try await FolderChanges(watching: paths.map(absolute)) : nil
        // A watcher that has the data folder runs what other commands hand over, too, as `serve` does.
        let workers = watches && app.runsJobsHere ? Task { try await app.engine.runWorkers() } : nil
        defer { workers?.cancel() }
        var failedCount = try await indexOnce(app)
        guard let changes else { return failedCount }
        Console.note("Watching for changes; Ctrl-C stops.")
        while try await changes.next() {
            do { failedCount = try await indexOnce(app) } catch let error as ExitCode where error == .failure {
                // Said already. What was wrong may be mended by the next change, or another one.
                Console.note("Still watching; the next change is tried again.")
            }
        }
        try Task.checkCancellation()
        return failedCount
    }

    private func indexOnce(_ app: App) async throws -> Int {
        if !app.runsJobsHere, engineOptions.settings != EngineSettings() {
            Console.note(
                "semblance: another process takes the job, with its own limits, threads and precision; those of this "
                    + "command do not count.")
        }
        let job = try await app.submitOnce(.ingest(try await work(app)))
        let (options, settings) = (self.options, engineOptions.settings)
        let progress = ProgressLine(isShown: !options.printsJSON)
        let runner = IndexRunner(app: app, job: job, runsHere: app.runsJobsHere && !watches, progress: progress) {
            try await App.buildWriterIfFree(options, settings)
        }
        let ended = try await runner.run()
        let failures = try await app.engine.failures(of: ended.id.rawValue, limit: Int(Int32.max))
        return try report(ended, failures)
    }

    private func work(_ app: App) async throws -> IngestWork {
        IngestWork(
            catalogue: catalogue, modelID: try await app.modelID(named: model, forCatalogue: catalogue),
            source: .paths(
                paths.map(absolute), copies: copies, prunes: prunes || watches,
                metadataPath: metadataPath.map(absolute)), followsCatalogue: model == nil)
    }

    /// The serving process may have another working folder. Links are kept: they are what the user wrote.
    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private func report(_ job: Job, _ failures: [FileFailure]) throws -> Int {
        let counts = job.progress
        var members: [String: JSONValue] = [
            "catalogue": .string(job.work.catalogue), "model": .string(job.work.modelID),
            "indexed": .number(Double(counts.done)), "skipped": .number(Double(counts.skipped)),
            "failed": .number(Double(counts.failed)),
        ]
        members["failures"] = .array(
            failures.map {
                FileFailure(path: asGiven($0.path), code: $0.code, message: $0.message).commandLineJSON
            })
        var lines = [
            "\(counts.done) indexed, \(counts.skipped) skipped, \(counts.failed) failed · catalogue '\(job.work.catalogue)'"
        ]
        if case .number(let count)? = job.result?["left_out"] {
            members["left_out"] = .number(count)
            lines.append(
                count == 1
                    ? "1 other file left out: its name does not end as an image's"
                    : "\(Int(count)) other files left out: their names do not end as an image's")
        }
        lines += failures.map { "  \(asGiven($0.path)): \($0.message)" }
        if job.state != .succeeded {
            let (code, reason) = (job.reasonCode ?? "job-cancelled", job.reason ?? "The job was cancelled.")
            members["error"] = ["code": .string(code), "message": .string(reason)]
            Console.note("semblance: \(reason)")
        }
        Console(options).print(.object(members), text: lines.joined(separator: "\n"))
        guard job.state == .succeeded else { throw ExitCode.failure }
        return counts.failed
    }

    /// A relative path that was made absolute for the job, as the user wrote it.
    private func asGiven(_ path: String) -> String {
        for given in paths where !given.hasPrefix("/") {
            let root = absolute(given)
            if path.hasPrefix(root) { return given + path.dropFirst(root.count) }
        }
        return path
    }
}
