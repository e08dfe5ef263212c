import ArgumentParser
import SemblanceCore
import SemblanceEngine

/// `models reembed`.
struct ReembedCatalogue: AsyncParsableCommand {
    /// What becomes of the embeddings of the model that the catalogue leaves.
    enum OldEmbeddings: String, EnumerableFlag {
        case keep, discard

        static func help(for value: Self) -> ArgumentHelp? {
            switch value {
            case .keep: "Keep the embeddings of the old model, so that 'models use' can go back (the default)."
            case .discard: "Delete the embeddings of the old model after the switch."
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "reembed", abstract: "Embed a catalogue's images with another model, then use that.",
        discussion: """
            Searches and 'index' go on with the old model until every image has an embedding of the new one; then the \
            catalogue is switched in one step. Ctrl-C stops; the next run goes on. Images whose original is gone or has \
            changed are named, and keep the catalogue from being switched: index their folder again, or remove them. \
            With the same model for both, what lacks an embedding of its present version gets one.

            EXAMPLES
              semblance models reembed --to resnet50
              semblance models reembed --from efficientnet-lite0 --to clip-vit-b32-laion2b --catalogue products
              semblance models reembed --to resnet50 --no-switch
            """)

    @Option(help: ArgumentHelp("The model that the catalogue has now.", valueName: "model"))
    var from: String?

    @Option(help: ArgumentHelp("The model that it gets.", valueName: "model"))
    var to: String

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name.")
    var catalogue = Catalogue.defaultName

    @Flag(name: .customLong("no-switch"), help: "Only embed: searches go on with the old model.")
    var staysAsItIs = false

    @Flag(exclusivity: .exclusive)
    var old = OldEmbeddings.keep

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard !staysAsItIs || old == .keep else {
            throw ValidationError("--discard deletes the old embeddings after the switch; --no-switch makes none.")
        }
    }

    func run() async throws {
        let command = self
        let failedCount = try await semblance.run(options) { try await command.reembed() }
        if failedCount > 0 { throw ExitCode.someFilesFailed }
    }

    /// - Returns: how many images could not be embedded.
    private func reembed() async throws -> Int {
        let app = try await App.build(options, engineOptions.settings, access: .writeOrHandOver)
        let work = try await app.engine.reembedWork(
            forCatalogue: catalogue, from: from, to: to, switching: staysAsItIs ? .never : .whenComplete,
            discards: old == .discard)
        let job = try await app.submitOnce(.reembed(work))
        let (options, settings) = (self.options, engineOptions.settings)
        let runner = IndexRunner(
            app: app, job: job, runsHere: app.runsJobsHere, progress: ProgressLine(isShown: !options.printsJSON)
        ) { try await App.buildWriterIfFree(options, settings) }
        let ended = try await runner.run()
        let failures = try await app.engine.failures(of: ended.id.rawValue, limit: Int(Int32.max))
        return try report(ended, failures)
    }

    private func report(_ job: Job, _ failures: [FileFailure]) throws -> Int {
        var members: [String: JSONValue] = [:]
        if case .object(let result)? = job.result { members = result }
        members["failures"] = .array(failures.map(\.commandLineJSON))
        if job.state != .succeeded {
            let (code, reason) = (job.reasonCode ?? "job-cancelled", job.reason ?? "The job was cancelled.")
            members["error"] = ["code": .string(code), "message": .string(reason)]
            Console.note("semblance: \(reason)")
        }
        let lines = [summary(of: job)] + failures.map { "  \($0.path): \($0.message)" }
        Console(options).print(.object(members), text: lines.joined(separator: "\n"))
        guard job.state == .succeeded else { throw ExitCode.failure }
        return failures.count
    }

    private func summary(of job: Job) -> String {
        let counts = job.progress
        let numbers = "\(counts.done) embedded, \(counts.skipped) already, \(counts.failed) failed"
        guard job.result?["switched"] == .bool(true) else {
            return "\(numbers) · catalogue '\(catalogue)' keeps its model"
        }
        return "\(numbers) · catalogue '\(catalogue)' now uses '\(job.work.modelID)'"
    }
}
