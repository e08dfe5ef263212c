import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceTesting
import Testing

@Suite struct SetEmbedderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Two classes of pictures; numbers give their colours.
    private func writeSet(count: Int = 12) throws -> LabelledSet {
        for number in 0..<count {
            try folder.write(
                SmallImage.numbered(number), to: "set/\(number % 2 == 0 ? "even" : "odd")/\(number + 100).png")
        }
        return try LabelledSet(at: folder.path("set"))
    }

    private func embedder(variant: String = "") -> SetEmbedder {
        SetEmbedder(reader: SmallImageReader(), threadCount: 2, cacheFolder: folder.path("cache"), variant: variant)
    }

    @Test func embedsEveryImageAsTheModelDoesAlone() async throws {
        let set = try writeSet()
        let model = SmallEmbedder()
        let embeddings = try await embedder().embed(set, with: model)
        #expect(embeddings.cost.embeddedCount == 12 && embeddings.unusable.isEmpty && embeddings.issues.isEmpty)
        for (position, image) in set.images.enumerated() {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: image.path))
            let decoded = try bytes.withUnsafeBytes {
                try SmallImageReader().prepare($0, for: model.preprocessing, region: nil)
            }
            #expect(embeddings.matrix[position] == (try model.embed([decoded.prepared])[0]))
        }
    }

    @Test func keepsEmbeddingsForTheNextRun() async throws {
        let set = try writeSet()
        let first = try await embedder().embed(set, with: SmallEmbedder())
        let second = try await embedder().embed(set, with: SmallEmbedder())
        #expect(second.cost.keptCount == 12 && second.cost.embeddedCount == 0 && second.cost.rate == nil)
        for position in set.images.indices { #expect(second.matrix[position] == first.matrix[position]) }
        // Another version, and another arithmetic, are other embeddings.
        let other = try await embedder().embed(set, with: SmallEmbedder(gridSize: 2))
        #expect(other.cost.keptCount == 0)
        #expect(try await embedder(variant: "bf16").embed(set, with: SmallEmbedder()).cost.keptCount == 0)
    }

    @Test func aChangedImageIsEmbeddedAgain() async throws {
        let set = try writeSet()
        _ = try await embedder().embed(set, with: SmallEmbedder())
        try folder.write(SmallImage.numbered(999), to: "set/even/100.png")
        let changed = try await embedder().embed(set, with: SmallEmbedder())
        #expect(changed.cost.embeddedCount == 1 && changed.cost.keptCount == 11)
    }

    @Test func countsAndNamesWhatCannotBeReadAndGoesOn() async throws {
        _ = try writeSet()
        try folder.write("no picture".utf8, to: "set/even/broken.png")
        try folder.write([], to: "set/odd/empty.png")
        let set = try LabelledSet(at: folder.path("set"))
        try FileManager.default.removeItem(atPath: folder.path("set/even/100.png"))
        let embeddings = try await embedder().embed(set, with: SmallEmbedder())
        #expect(embeddings.cost.failedCount == 3 && embeddings.cost.embeddedCount == 11)
        let named = embeddings.issues.examples.filter { $0.kind == .brokenImage }
        #expect(named.map(\.subject) == ["even/100.png", "even/broken.png", "odd/empty.png"])
        #expect(named[2].detail == "The file is empty: get a whole copy of it, or delete it.")
        #expect(try embeddings.task().gallery.count == 11)
    }

    @Test func knowsPicturesThatAreThereTwice() async throws {
        _ = try writeSet()
        try folder.write(SmallImage.numbered(0), to: "set/even/again.png")
        let embeddings = try await embedder().embed(LabelledSet(at: folder.path("set")), with: SmallEmbedder())
        let names = embeddings.identical.map { $0.map { embeddings.set.images[$0].id.text } }
        #expect(names == [["even/100.png", "even/again.png"]])
    }

    @Test func survivesACacheThatWasCutOffOrDamaged() async throws {
        let set = try writeSet()
        let first = try await embedder().embed(set, with: SmallEmbedder())
        let file = try #require(FileManager.default.contentsOfDirectory(atPath: folder.path("cache")).first)
        let path = folder.path("cache/\(file)")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.removeLast(10)
        bytes[8 + 40] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let second = try await embedder().embed(set, with: SmallEmbedder())
        #expect(second.cost.embeddedCount == 2 && second.cost.keptCount == 10)
        for position in set.images.indices { #expect(second.matrix[position] == first.matrix[position]) }
        try Data("another file".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try await embedder().embed(set, with: SmallEmbedder()).cost.embeddedCount == 12)
        #expect(try await embedder().embed(set, with: SmallEmbedder()).cost.keptCount == 12)
    }

    @Test func goesOnWhereItWasCancelled() async throws {
        let set = try writeSet(count: 200)
        let embedder = embedder()
        let task = Task {
            try await embedder.embed(set, with: SmallEmbedder()) { progress in
                if progress.done >= 40 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        let rest = try await embedder.embed(set, with: SmallEmbedder())
        #expect(rest.cost.keptCount >= 40 && rest.cost.keptCount < 200)
        #expect(rest.cost.keptCount + rest.cost.embeddedCount == 200)
    }

    @Test func aModelThatFailsAltogetherIsNoBrokenImage() async throws {
        let set = try writeSet()
        await #expect(throws: ModelError.self) {
            try await embedder().embed(set, with: FailingEmbedder(failing: { _ in true }))
        }
        // One image that spoils its batch is.
        let embeddings = try await SetEmbedder(reader: SmallImageReader(), threadCount: 1).embed(
            set,
            with: FailingEmbedder { images in
                let reds = SmallImage.numbered(3)
                return images.contains { $0.pixels.prefix(3).elementsEqual(reds.dropFirst(13).prefix(3)) }
            })
        #expect(embeddings.cost.failedCount == 1 && embeddings.cost.embeddedCount == 11)
        #expect(embeddings.issues.examples.map(\.subject) == ["odd/103.png"])
    }
}

/// A model that cannot do everything.
private struct FailingEmbedder: Embedder {
    let model = SmallEmbedder()
    let failing: @Sendable ([PreparedImage]) -> Bool
    var version: ModelVersion { model.version }
    var preprocessing: Preprocessing { model.preprocessing }
    var preferredBatchSize: Int { model.preferredBatchSize }

    func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        if failing(images) { throw ModelError(.engineFailed, "The engine failed.") }
        return try model.embed(images)
    }
}
