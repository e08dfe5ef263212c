import ArgumentParser
import Foundation
import SemblanceVision

/// Writes the float graph that the engine gets of a model, for other engines to run.
struct GraphBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "graph")

    @Argument var model: String
    @Argument var output: String
    @Option(help: "A model_config.json.") var config: String?

    func run() async throws {
        let models = try ModelRegistry(
            configuration: ModelRegistry.Configuration(cacheFolder: cacheFolder, configPath: config))
        let graph = try await models.graph(of: model)
        try graph.write(to: URL(fileURLWithPath: output))
        print("{\"bytes\":\(graph.count)}")
    }
}
