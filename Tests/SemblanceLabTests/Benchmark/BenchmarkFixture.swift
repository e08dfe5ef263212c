import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceTesting
import Synchronization

/// Two small sets of real files, a folder for the benchmark, and counts of what was loaded.
struct BenchmarkFixture: Sendable {
    let folder: TemporaryFolder
    let sets: [LabelledSet]
    let loads = Counts()

    /// How often each model was loaded.
    final class Counts: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func add(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }
        func take() -> [String: Int] {
            counts.withLock { counts in
                defer { counts = [:] }
                return counts
            }
        }
    }

    init() throws {
        folder = try TemporaryFolder()
        for number in 0..<40 {
            try folder.write(SmallImage.numbered(number % 20), to: "sets/first/class \(number % 5)/\(number).png")
            // Colours near one of four: easy classes.
            let level = UInt8(60 * (number % 4) + number / 4)
            try folder.write(
                SmallImage.plain(red: level, green: 255 - level, blue: 128, width: 8 + number),
                to: "sets/second/colour \(number % 4)/\(number).png")
        }
        try folder.write(Array("no image".utf8), to: "sets/second/colour 1/broken.png")
        sets = [
            try LabelledSet(at: folder.path("sets/first")), try LabelledSet(at: folder.path("sets/second")),
        ]
    }

    var options: BenchmarkPlan.Options {
        var options = BenchmarkPlan.Options(threadCount: 2)
        options.roundCount = 2
        options.latencyCount = 5
        options.throughputCount = 12
        options.vectorCount = 300
        options.queryCount = 10
        options.limit = 5
        return options
    }

    func model(
        _ base: String, _ precision: String = "f32", gridSize: Int = 4, byteCount: Int64 = 1000,
        _ wrap: @escaping @Sendable (SmallEmbedder) throws -> any Embedder = { $0 }
    ) -> BenchmarkModel {
        let loads = loads
        return BenchmarkModel(base: base, modelID: base, precision: precision) {
            loads.add(base)
            return LoadedModel(
                embedder: try wrap(SmallEmbedder(modelID: base, gridSize: gridSize)), byteCount: byteCount)
        }
    }

    /// An index in memory that finds all, or only some.
    func index(_ name: String, finding share: Double = 1) -> BenchmarkIndex {
        BenchmarkIndex(name: name) { model, vectors, _ in
            let index = InMemoryVectorIndex(
                dimension: model.dimension, catalogue: Catalogue.ID(rawValue: 1), filters: nil)
            let kept = vectors.enumerated().filter { Double($0.offset % 10) < 10 * share }
            try await index.insert(kept.map { (CatalogueImage.ID(rawValue: Int64($0.offset + 1)), $0.element) })
            return BuiltIndex(
                index: index, byteCount: vectors.count * model.dimension * 4, settings: "all in memory")
        }
    }

    func plan(_ models: [BenchmarkModel], _ indexes: [BenchmarkIndex] = []) -> BenchmarkPlan {
        BenchmarkPlan(sets: sets, models: models, indexes: indexes, options: options)
    }

    func run(_ plan: BenchmarkPlan) async throws -> [ModelRow] {
        try await Benchmark(plan, reader: SmallImageReader(), folder: folder.path("results")).run()
    }
}

/// Fails from its n-th call on.
struct TiringEmbedder: Embedder {
    let model: SmallEmbedder
    let calls: CallCount
    let limit: Int
    var version: ModelVersion { model.version }
    var preprocessing: Preprocessing { model.preprocessing }
    var preferredBatchSize: Int { model.preferredBatchSize }

    func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        guard calls.next() <= limit else { throw ModelError(.engineFailed, "The engine has had enough.") }
        return try model.embed(images)
    }
}

/// A count that several own.
final class CallCount: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

/// Whether each image that was embedded alone had one colour, in order.
final class SeenImages: Sendable {
    private let single = Mutex<[Bool]>([])

    func add(_ image: PreparedImage) {
        let hasOneColour = (3..<image.pixels.count).allSatisfy { image.pixels[$0] == image.pixels[$0 - 3] }
        single.withLock { $0.append(hasOneColour) }
    }

    var all: [Bool] { single.withLock { $0 } }
}

/// Tells what it is given.
struct WatchedEmbedder: Embedder {
    let model: SmallEmbedder
    let seen: SeenImages
    var version: ModelVersion { model.version }
    var preprocessing: Preprocessing { model.preprocessing }
    /// More than one, so that only images that are timed come alone.
    var preferredBatchSize: Int { 4 }

    func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        if images.count == 1 { seen.add(images[0]) }
        return try model.embed(images)
    }
}
