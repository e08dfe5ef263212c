import ArgumentParser

struct Models: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See models, get their weights, add your own, and change a catalogue's.",
        subcommands: [
            ListModels.self, ShowModel.self, PullModel.self, AddModel.self, RemoveModel.self, ReembedCatalogue.self,
            UseModel.self, QuantizeModel.self,
        ],
        defaultSubcommand: ListModels.self)
}
