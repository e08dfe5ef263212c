import ArgumentParser

struct Dataset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make labelled sets to evaluate models on.",
        subcommands: [MakeCopies.self, MakeDemoSets.self])
}
