import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Synchronization
import Testing

/// Many large images must not be in memory together, wherever they come from.
@Suite struct BatchTests {
    private static let byteCount = SmallImage.numbered(10).count
    let models = CountingModels()
    let fixture: EngineFixture

    init() throws {
        fixture = try EngineFixture(
            configuration: EngineConfiguration(
                workerThreadCount: 2, maximumBatchByteCount: 2 * Self.byteCount + Self.byteCount / 2),
            models: models, fetcher: NumberedFetcher())
    }

    @Test func takesFilesOfAsManyBytesAsItMay() async throws {
        for number in 10..<50 { try fixture.write(number, to: "\(number).png") }
        #expect(try await fixture.index().progress.done == 40)
        #expect(models.largestBatch == 2)
    }

    /// How large they are shows when they are there.
    @Test func takesURLsOfAsManyBytesAsItMay() async throws {
        let urls = (10..<50).map { "http://pictures.example/\($0)" }
        let job = try await fixture.run(
            .ingest(IngestWork(catalogue: "default", modelID: "small", source: .urls(urls))))
        #expect(job.progress == JobProgress(total: 40, done: 40))
        #expect(models.largestBatch == 2)
    }
}

/// `SmallModels` that know how many images came at once.
final class CountingModels: ModelProvider {
    private let small = SmallModels()
    private let largest = Mutex(0)

    var largestBatch: Int { largest.withLock { $0 } }
    var defaultModelID: String { small.defaultModelID }
    func models() -> [ModelDescription] { small.models() }
    func textEmbedder(for modelID: String) async throws -> any TextEmbedder {
        try await small.textEmbedder(for: modelID)
    }

    func embedder(for modelID: String) async throws -> any Embedder {
        CountingEmbedder(embedder: try await small.embedder(for: modelID)) { [self] count in
            largest.withLock { $0 = max($0, count) }
        }
    }
}

private struct CountingEmbedder: Embedder {
    let embedder: any Embedder
    let count: @Sendable (Int) -> Void

    var version: ModelVersion { embedder.version }
    var preprocessing: Preprocessing { embedder.preprocessing }
    var preferredBatchSize: Int { embedder.preferredBatchSize }

    func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        count(images.count)
        return try embedder.embed(images)
    }
}
