import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceLab

/// Indexes that a benchmark compares.
enum BenchmarkIndexKind: String, CaseIterable, Sendable {
    /// Every vector in Float32.
    case exact
    /// The embedded index: 8-bit codes and re-ranking.
    case local
    case lsh
    case pgvector
}

/// Builds indexes of a benchmark's vectors.
struct IndexTools: Sendable {
    /// The benchmark's output folder, for indexes that need files.
    let folder: String
    let recall: Double
    /// Neighbours that will be asked for.
    let limit: Int
    let seed: UInt64
    let threadCount: Int

    /// - Returns: those that can be built, and those that cannot with the reason.
    func indexes(
        _ kinds: [BenchmarkIndexKind], database: String?
    ) -> (built: [BenchmarkIndex], missing: [LeftOut]) {
        var built: [BenchmarkIndex] = []
        var missing: [LeftOut] = []
        for kind in kinds {
            switch kind {
            case .exact:
                built.append(
                    BenchmarkIndex(name: kind.rawValue) { model, vectors, _ in
                        try await exact(model, vectors)
                    })
            case .local:
                built.append(
                    BenchmarkIndex(name: kind.rawValue) { model, vectors, _ in
                        try await local(model, vectors)
                    })
            case .lsh:
                built.append(
                    BenchmarkIndex(name: kind.rawValue, fingerprint: "\(recall) \(limit) \(seed)") {
                        try await hashed($0, $1, $2)
                    })
            case .pgvector:
                guard let database else {
                    missing.append(
                        LeftOut(name: kind.rawValue, reason: "--database names the PostgreSQL server that it needs"))
                    continue
                }
                let tool = PostgresIndexTool(url: database)
                built.append(
                    BenchmarkIndex(name: kind.rawValue, fingerprint: tool.fingerprint) { model, vectors, _ in
                        try await tool.build(model, vectors)
                    })
            }
        }
        return (built, missing)
    }

    private func exact(_ model: ModelVersion, _ vectors: [Embedding]) async throws -> BuiltIndex {
        let rows = NumberedVectors(vectors)
        let index = PlainVectorIndex(space: rows.space(of: model), filters: rows, threadCount: threadCount)
        try await index.insert(rows.all)
        return BuiltIndex(index: index, byteCount: index.memoryByteCount, settings: "Float32")
    }

    private func local(_ model: ModelVersion, _ vectors: [Embedding]) async throws -> BuiltIndex {
        let rows = NumberedVectors(vectors)
        let place = "\(folder)/index-\(UUID().uuidString)"
        var options = LocalVectorIndexes.Options()
        options.threadCount = threadCount
        let indexes = LocalVectorIndexes(
            folder: place, source: rows, filters: rows, access: .readWrite, options: options)
        let index = try await indexes.index(for: rows.space(of: model))
        return BuiltIndex(
            index: index, byteCount: Self.byteCount(of: place), settings: "int8 codes, exact by re-ranking; files"
        ) {
            try? FileManager.default.removeItem(atPath: place)
        }
    }

    /// Tuning is not part of building: a collection is tuned for once.
    private func hashed(
        _ model: ModelVersion, _ vectors: [Embedding], _ queries: [Embedding]
    ) async throws -> BuiltIndex {
        let (parameters, words) = try await tunedParameters(for: vectors, queries)
        let rows = NumberedVectors(vectors)
        var options = LSHVectorIndex.Options()
        options.threadCount = threadCount
        // A benchmark of hashing hashes, also where scanning would be quicker.
        options.exactCount = 0
        let clock = ContinuousClock()
        let start = clock.now
        let index = try await LSHVectorIndex.build(
            space: rows.space(of: model), of: rows.all, parameters: parameters, filters: rows, options: options)
        return BuiltIndex(
            index: index, byteCount: index.memoryByteCount,
            settings: "\(parameters.bitCount) bits, \(parameters.tableCount) tables, \(parameters.probeCount) probes; "
                + words,
            buildTime: clock.now - start)
    }

    /// Parameters for the wanted recall, and what the tuning found, for people.
    private func tunedParameters(
        for vectors: [Embedding], _ queries: [Embedding]
    ) async throws -> (LSHParameters, String) {
        guard vectors.count >= LSHTuning.fewestVectors, queries.isEmpty || queries.count >= 20 else {
            return (LSHParameters(bitCount: 6, tableCount: 4, probeCount: 128), "too few vectors to tune for")
        }
        var tuning = LSHTuning()
        tuning.recall = recall
        tuning.limit = limit
        tuning.seed = seed
        let wanted = tuning
        let tuned = try await ThreadPool.once("tuning") {
            queries.isEmpty
                ? try wanted.parameters(for: vectors) : try wanted.parameters(for: vectors, queries: queries)
        }
        let checked = String(format: "%.3f", tuned.checkedRecall)
        let share = String(format: "%.1f", 100 * tuned.candidateShare)
        return (
            tuned.parameters,
            (tuned.isReached ? "tuned for" : "could not be tuned for")
                + " \(recall), checked \(checked), ranks \(share)%"
        )
    }

    private static func byteCount(of folder: String) -> Int {
        let walker = FileManager.default.enumerator(atPath: folder)
        var sum = 0
        while let name = walker?.nextObject() as? String {
            var status = stat()
            if stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG {
                sum += Int(status.st_size)
            }
        }
        return sum
    }
}

/// Vectors numbered from 1, in the place of a catalogue.
private final class NumberedVectors: EmbeddingSource, FilterResolver {
    private let vectors: [Embedding]

    init(_ vectors: [Embedding]) { self.vectors = vectors }

    var all: [(CatalogueImage.ID, Embedding)] {
        vectors.enumerated().map { (CatalogueImage.ID(rawValue: Int64($0 + 1)), $1) }
    }

    func space(of model: ModelVersion) -> EmbeddingSpace {
        EmbeddingSpace(catalogueID: Catalogue.ID(rawValue: 1), model: model)
    }

    func embeddedImages(in space: EmbeddingSpace) async throws -> [CatalogueImage.ID] {
        vectors.indices.map { CatalogueImage.ID(rawValue: Int64($0 + 1)) }
    }

    func embeddings(
        of images: [CatalogueImage.ID], in space: EmbeddingSpace
    ) async throws -> [(CatalogueImage.ID, Embedding)] {
        images.map { ($0, vectors[Int($0.rawValue) - 1]) }
    }

    /// A benchmark's vectors have no metadata.
    func images(matching filter: MetadataFilter, in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID] { [] }
}
