import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct RetryJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Try the work of a job that was given up again, as a new job.",
        discussion: """
            EXAMPLES
              semblance jobs list --dead                  which there are
              semblance jobs retry 3b1f…
            """)

    @Argument(help: "The id of a job that 'jobs list --dead' shows.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            let job = try await app.engine.requeueDeadLetter(command.id)
            Console(command.options).print(job.commandLineJSON, text: "Job \(job.id) is queued.")
        }
    }
}

struct ForgetJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Forget a job that was given up, and its uploads.",
        discussion: """
            EXAMPLES
              semblance jobs list --dead                  which there are
              semblance jobs forget 3b1f…
            """)

    @Argument(help: "The id of a job that 'jobs list --dead' shows.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            try await app.engine.removeDeadLetter(command.id)
            Console(command.options).print(["id": .string(command.id), "forgotten": .bool(true)], text: "Forgotten.")
        }
    }
}

extension Console {
    /// Jobs that were given up, newest first.
    func printDeadLetters(_ letters: [DeadLetter]) {
        printList(
            letters, named: "dead", header: ["JOB", "KIND", "TRIES", "GIVEN UP", "REASON"],
            row: { [$0.job.rawValue, $0.lane.rawValue, "\($0.tries)", $0.givenUpAt.iso8601, $0.reason] },
            json: { letter in
                .object([
                    "id": .string(letter.job.rawValue), "kind": .string(letter.lane.rawValue),
                    "tries": .number(Double(letter.tries)), "given_up_at": .string(letter.givenUpAt.iso8601),
                    "reason": .string(letter.reason),
                ])
            }, emptyText: "No jobs were given up.")
    }
}

extension DeadLetter {
    fileprivate var givenUpAt: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
