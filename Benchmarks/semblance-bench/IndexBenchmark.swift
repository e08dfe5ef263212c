import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceIndex

/// The embedded index alone: build, search on one thread and on all, recall against brute force, memory bandwidth.
struct IndexBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "index")

    @Option var count = 100_000
    @Option var dimension = 512
    @Option var queries = 200
    @Option(help: "Threads a search may use; 0 leaves it to the index.") var threads = 1

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("semblance-bench-\(getpid())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var vectors = ClusteredVectors(dimension: dimension, seed: 7)
        let rows = (0..<count).map { (CatalogueImage.ID(rawValue: Int64($0 + 1)), vectors.next()) }
        let source = Rows(rows: rows)
        var options = LocalVectorIndexes.Options()
        if threads > 0 { options.threadCount = threads }
        let indexes = LocalVectorIndexes(
            folder: folder, source: source, filters: source, access: .readWrite, options: options)
        let buildStart = wallSeconds()
        let index = try await indexes.index(
            for: EmbeddingSpace(
                catalogueID: Catalogue.ID(rawValue: 1),
                model: ModelVersion(modelID: "made-up", digest: "00", dimension: dimension)))
        let buildSeconds = wallSeconds() - buildStart
        var times: [Double] = []
        var hits = 0
        for number in 0..<queries {
            let query = vectors.next()
            let start = wallSeconds()
            let found = try await index.search(near: query, limit: 10, minimumScore: nil, matching: nil)
            times.append((wallSeconds() - start) * 1000)
            if number < 20 { hits += Set(exact(query, rows)).intersection(found.map(\.id)).count }
        }
        let samples = Samples(times)
        let scannedBytes = Double(count * RowLayout(dimension: dimension).scannedByteCount)
        print(
            JSONValue.object([
                "count": .number(Double(count)), "dimension": .number(Double(dimension)), "search_ms": samples.json,
                "threads": .number(Double(threads)),
                "recall_at_10": .number(Double(hits) / Double(10 * min(queries, 20))),
                "build_seconds": .number(buildSeconds),
                "scan_gigabytes_per_second": .number(scannedBytes / samples.quantile(0.5) / 1e6),
                "memory_gigabytes_per_second": .number(readBandwidth()),
            ]).text)
    }

    private func exact(_ query: Embedding, _ rows: [(CatalogueImage.ID, Embedding)]) -> [CatalogueImage.ID] {
        let scored = rows.map { Neighbour(id: $0.0, score: Self.score($0.1, query)) }
        let sorted = scored.sorted { $0.score == $1.score ? $0.id < $1.id : $0.score > $1.score }
        return sorted.prefix(10).map(\.id)
    }

    /// Summed in Double and rounded once, as the index defines a score.
    private static func score(_ left: Embedding, _ right: Embedding) -> Float {
        var sum = 0.0
        for index in left.values.indices { sum += Double(left.values[index]) * Double(right.values[index]) }
        return Float(sum)
    }

    /// What one thread reads from memory: the ceiling of a scan.
    private func readBandwidth() -> Double {
        let words = 1 << 26
        let buffer = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: words)
        buffer.initialize(repeating: 1)
        defer { buffer.deallocate() }
        var best = 0.0
        for _ in 0..<5 {
            let start = wallSeconds()
            var sums: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            var index = 0
            while index < words {
                sums.0 &+= buffer[index]
                sums.1 &+= buffer[index + 1]
                sums.2 &+= buffer[index + 2]
                sums.3 &+= buffer[index + 3]
                index += 4
            }
            precondition(sums.0 &+ sums.1 &+ sums.2 &+ sums.3 == UInt64(words))
            best = max(best, Double(words * 8) / (wallSeconds() - start) / 1e9)
        }
        return best
    }
}

/// Vectors in memory in place of a catalogue store. Numbers are 1, 2, 3, …
private struct Rows: EmbeddingSource, FilterResolver {
    let rows: [(CatalogueImage.ID, Embedding)]

    func embeddedImages(in space: EmbeddingSpace) -> [CatalogueImage.ID] { rows.map(\.0) }

    func embeddings(of images: [CatalogueImage.ID], in space: EmbeddingSpace) -> [(CatalogueImage.ID, Embedding)] {
        images.map { rows[Int($0.rawValue) - 1] }
    }

    func images(matching filter: MetadataFilter, in catalogue: Catalogue.ID) -> [CatalogueImage.ID] { [] }
}
