import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceVision

/// Prepared pixels → embeddings: core-time of the whole engine for one image, and images a second on all cores.
struct InferenceBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "inference")

    @Option var model = "efficientnet-lite0"
    @Option var precision = "default"
    @Option var threads = ProcessInfo.processInfo.activeProcessorCount
    @Option(help: "Images a call; 0 takes the model's preference.") var batch = 0
    @Option var seconds = 4.0
    @Option(help: "A model_config.json.") var config: String?
    @Option(help: "A folder of added models.") var models: String?

    func run() async throws {
        let models = try ModelRegistry(
            configuration: ModelRegistry.Configuration(
                cacheFolder: cacheFolder, configPath: config, addedModelsFolder: self.models, defaultModelID: model,
                precision: Precision(rawValue: precision) ?? .default, streamCount: threads))
        let loadStart = wallSeconds()
        let embedder = try await models.embedder(for: model)
        let loadSeconds = wallSeconds() - loadStart
        let count = batch > 0 ? batch : embedder.preferredBatchSize
        let size = embedder.preprocessing.size
        var generator = SeededGenerator(seed: 1)
        let images = (0..<count).map { _ in
            PreparedImage(
                width: size, height: size,
                pixels: (0..<size * size * 3).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        }
        _ = try embedder.embed(images)
        let (wall, core) = (wallSeconds(), processSeconds())
        let deadline = wall + seconds
        let done = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<threads {
                group.addTask {
                    var done = 0
                    while wallSeconds() < deadline, (try? embedder.embed(images)) != nil { done += count }
                    return done
                }
            }
            return await group.reduce(0, +)
        }
        let (wallTime, coreTime) = (wallSeconds() - wall, processSeconds() - core)
        print(
            JSONValue.object([
                "model": .string(model), "precision": .string(precision), "batch": .number(Double(count)),
                "images_per_second": .number(Double(done) / wallTime),
                "core_ms": .number(coreTime / Double(done) * 1000), "load_seconds": .number(loadSeconds),
            ]).text)
    }
}
