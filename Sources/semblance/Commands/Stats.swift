import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct Stats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the data folder holds.",
        discussion: """
            EXAMPLES
              semblance stats
              semblance stats --json | jq '.catalogues[] | {name, images}'
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            try await command.print(app)
        }
    }

    private func print(_ app: App) async throws {
        var table = Table(["CATALOGUE", "IMAGES", "SIZE", "EMBEDDINGS"])
        var catalogues: [JSONValue] = []
        for catalogue in try await app.engine.catalogues() {
            let statistics = try await app.engine.statistics(ofCatalogue: catalogue.name)
            let counts = statistics.embeddingCounts.sorted { $0.key < $1.key }
            let versions = try await app.engine.embeddingCounts(ofCatalogue: catalogue.name)
            table.append([
                catalogue.name, "\(statistics.imageCount)", statistics.byteCount.bytesText,
                versions.map { Self.text(for: $0, isOnly: counts.count == versions.count) }.joined(separator: ", "),
            ])
            catalogues.append([
                "name": .string(catalogue.name), "model": .string(catalogue.modelID),
                "images": .number(Double(statistics.imageCount)), "bytes": .number(Double(statistics.byteCount)),
                "embeddings": .object(
                    Dictionary(uniqueKeysWithValues: counts.map { ($0.key, .number(Double($0.value))) })),
                "embedding_versions": .array(
                    versions.map {
                        [
                            "model": .string($0.space.model.modelID), "version": .string($0.space.model.digest),
                            "dimension": .number(Double($0.space.model.dimension)), "count": .number(Double($0.count)),
                        ]
                    }),
            ])
        }
        let waiting = try await app.engine.jobCount(in: .queued)
        let running = try await app.engine.jobCount(in: .running)
        let folders = Set([app.dataFolder.path, app.dataFolder.filesRoot])
        let diskBytes = folders.reduce(0) { $0 + Self.byteCount(below: $1) }
        let json: JSONValue = [
            "data": .string(app.backends.place), "bytes_on_disk": .number(Double(diskBytes)),
            "catalogues": .array(catalogues),
            "jobs": ["queued": .number(Double(waiting)), "running": .number(Double(running))],
        ]
        Console(options).print(
            json,
            text: """
                \(app.backends.place), \(diskBytes.bytesText) on disk
                \(table.text)
                jobs: \(running) running, \(waiting) waiting
                """)
    }

    /// A version is named where models have several.
    private static func text(for entry: EmbeddingCount, isOnly: Bool) -> String {
        let model = entry.space.model
        return "\(model.modelID)\(isOnly ? "" : " (version \(model.digest.prefix(8)))"): \(entry.count)"
    }

    /// What the folder's files take, originals left in place not among them.
    private static func byteCount(below folder: String) -> Int64 {
        guard let files = FileManager.default.enumerator(atPath: folder) else { return 0 }
        var sum: Int64 = 0
        while files.nextObject() != nil {
            if files.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
                sum += (files.fileAttributes?[.size] as? NSNumber)?.int64Value ?? 0
            }
        }
        return sum
    }
}
