import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct Jobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See and cancel background work.",
        subcommands: [ListJobs.self, ShowJob.self, CancelJob.self, RetryJob.self, ForgetJob.self],
        defaultSubcommand: ListJobs.self)
}

struct ListJobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs, newest first.",
        discussion: """
            EXAMPLES
              semblance jobs list
              semblance jobs list --state failed --limit 10
              semblance jobs list --dead                  what a server's queue gave up
            """)

    @Option(help: "Only jobs in this state: queued, running, succeeded, failed or cancelled.")
    var state: Job.State?

    @Flag(
        name: .customLong("dead"),
        help: "Jobs that a server's queue gave up, after what they needed was not there too often.")
    var listsDead = false

    @Option(help: "Jobs to list at most.")
    var limit = 50

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit is 1 to 1,000.") }
        guard !listsDead || state == nil else { throw ValidationError("--dead and --state exclude each other.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            if command.listsDead {
                let letters = try await app.engine.deadLetters(limit: command.limit)
                return Console(command.options).printDeadLetters(letters)
            }
            let jobs = try await app.engine.jobs(in: command.state.map { [$0] }, limit: command.limit)
            Console(command.options).printList(
                jobs, named: "jobs",
                header: ["JOB", "KIND", "CATALOGUE", "STATE", "DONE", "SKIPPED", "FAILED", "STARTED"],
                row: { job in
                    [
                        job.id.rawValue, job.work.kind, job.work.catalogue, job.state.rawValue, "\(job.progress.done)",
                        "\(job.progress.skipped)", "\(job.progress.failed)", job.startedAt?.iso8601 ?? "",
                    ]
                }, json: \.commandLineJSON, emptyText: "No jobs.")
        }
    }
}

struct ShowJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a job, its result and its failures.",
        discussion: """
            EXAMPLES
              semblance jobs show 3b1f…                   by the id that 'jobs list' shows
              semblance jobs show 3b1f… --json | jq -r '.failures[].path'
            """)

    @Argument(help: "The job's id.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            let job = try await app.engine.job(command.id)
            let failures = try await app.engine.failures(of: command.id, limit: Int(Int32.max))
            command.print(job, failures)
        }
    }

    private func print(_ job: Job, _ failures: [FileFailure]) {
        guard case .object(var members) = job.commandLineJSON else { return }
        members["result"] = job.result ?? .null
        members["failures"] = .array(failures.map(\.commandLineJSON))
        var lines = [
            "\(job.work.kind) in '\(job.work.catalogue)': \(job.state.rawValue)",
            ProgressLine.text(for: job.progress, after: job.elapsed, hasEnded: job.state.isFinal),
        ]
        if let reason = job.reason { lines.append(reason) }
        lines += failures.map { "  \($0.path): \($0.message)" }
        Console(options).print(.object(members), text: lines.joined(separator: "\n"))
    }
}

struct CancelJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Stop a job.",
        discussion: """
            EXAMPLES
              semblance jobs list --state running         which there are
              semblance jobs cancel 3b1f…
            """)

    @Argument(help: "The job's id.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            let job = try await app.engine.cancelJob(command.id)
            Console(command.options).print(
                job.commandLineJSON,
                text: job.state.isFinal ? "Cancelled." : "The job stops after its present batch.")
        }
    }
}

extension Job {
    /// From its start to its end; `nil` before.
    fileprivate var elapsed: Duration? {
        guard let startedAt, let endedAt else { return nil }
        return .seconds(endedAt.timeIntervalSince(startedAt))
    }
}

extension Job.State: ExpressibleByArgument {}
