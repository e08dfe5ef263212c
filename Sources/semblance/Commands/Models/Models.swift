import ArgumentParser

struct Models: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See models, get their weights, and add your own.",
        subcommands: [ListModels.self, ShowModel.self, PullModel.self, AddModel.self, RemoveModel.self],
        defaultSubcommand: ListModels.self)
}
