import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceStore

/// Fills a catalogue with rows and made-up embeddings, so that searching a large one can be measured without
/// embedding that many images first. The rows have no files.
struct SeedCatalogue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "seed")

    @Option var data: String
    @Option var catalogue = "default"
    @Option var count = 10_000
    @Option var model = "efficientnet-lite0"

    func run() async throws {
        let version = try await benchModels().embedder(for: model).version
        let folder = try DataFolder(path: data)
        let lock = try folder.lock()
        let database = try await SQLiteDatabase.open(path: folder.databasePath, role: .writer)
        let store = SQLiteCatalogueStore(database: database)
        let target = try await store.createCatalogue(named: catalogue, modelID: model)
        let space = EmbeddingSpace(catalogueID: target.id, model: version)
        var vectors = ClusteredVectors(dimension: version.dimension, seed: 11)
        for start in stride(from: 0, to: count, by: 1000) {
            let images = (start..<min(start + 1000, count)).map { number in
                NewImage(
                    hash: ContentHash(hashing: Array("image \(number)".utf8)), name: "\(number).jpg", location: .stored,
                    header: ImageHeader(format: .jpeg, width: 640, height: 480), byteCount: 50_000,
                    metadata: ["group": .number(Double(number % 100))], embedding: vectors.next())
            }
            _ = try await store.add(images, to: space)
        }
        withExtendedLifetime(lock) {}
        print(JSONValue.object(["catalogue": .string(catalogue), "count": .number(Double(count))]).text)
    }
}
