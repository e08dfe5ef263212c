import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceStore

/// HNSW in PostgreSQL: a catalogue that is made for the benchmark, filled as an ingestion fills it, and deleted after.
struct PostgresIndexTool: Sendable {
    /// Images added in one transaction.
    private static let batchCount = 500

    let url: String

    private var configuration: VectorIndexConfiguration {
        var configuration = VectorIndexConfiguration()
        // A benchmark of HNSW searches through it, also where comparing all would be quicker.
        configuration.minimumCount = 1
        return configuration
    }

    /// The server and how it is used, without a password.
    var fingerprint: String { "\((try? PostgresURL(url).description) ?? "") \(configuration)" }

    func build(_ model: ModelVersion, _ vectors: [Embedding]) async throws -> BuiltIndex {
        let database = try await PostgresDatabase.open(
            PostgresConfiguration(url: try PostgresURL(url)), schema: .migrate)
        let store = PostgresCatalogueStore(database: database)
        let catalogue = try await store.createCatalogue(
            named: "benchmark-\(UUID().uuidString.prefix(8).lowercased())", modelID: model.modelID)
        let close: @Sendable () async -> Void = {
            // Also after Ctrl-C: a task of its own, which is not cancelled.
            await Task { _ = try? await store.deleteCatalogue(catalogue.id) }.value
            database.close()
        }
        do {
            let space = EmbeddingSpace(catalogueID: catalogue.id, model: model)
            let clock = ContinuousClock()
            let start = clock.now
            let places = try await fill(store, space, with: vectors)
            let filled = clock.now
            let index = try PostgresVectorIndexes(database: database, configuration: configuration)
                .postgresIndex(for: space)
            try await index.build { _ in }
            let end = clock.now
            let status = try await PostgresDatabase.status(database.configuration)
            let versions = "PostgreSQL \(status.serverVersion), pgvector \(status.extensionVersion ?? "none")"
            let seconds = String(format: "%.1f", (filled - start) / .seconds(1))
            return BuiltIndex(
                index: index, byteCount: try await byteCount(of: catalogue.id, in: database),
                settings: "HNSW of \(configuration.kind.rawValue), m \(configuration.linkCount), ef_construction "
                    + "\(configuration.buildCandidateCount), ef_search \(configuration.searchCandidateCount); "
                    + "rows written in \(seconds) s before; \(versions)",
                buildTime: end - filled, places: places, close: close)
        } catch {
            await close()
            throw error
        }
    }

    private func fill(
        _ store: PostgresCatalogueStore, _ space: EmbeddingSpace, with vectors: [Embedding]
    ) async throws -> [CatalogueImage.ID: Int] {
        var places: [CatalogueImage.ID: Int] = [:]
        for start in stride(from: 0, to: vectors.count, by: Self.batchCount) {
            try Task.checkCancellation()
            let batch = (start..<min(start + Self.batchCount, vectors.count)).map { number in
                NewImage(
                    hash: ContentHash(hashing: Array("benchmark \(number)".utf8)), name: "\(number)",
                    location: .inPlace(path: "/benchmark/\(number)"),
                    header: ImageHeader(format: .jpeg, width: 1, height: 1), byteCount: 1, embedding: vectors[number])
            }
            for (offset, added) in try await store.add(batch, to: space).enumerated() {
                places[added.id] = start + offset
            }
        }
        return places
    }

    /// The catalogue's partition with its indexes.
    private func byteCount(of catalogue: Catalogue.ID, in database: PostgresDatabase) async throws -> Int {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'semblance' AND c.relkind = 'r' AND c.relname ~ $1
                """, [.text("^embeddings_[0-9]+_c\(catalogue.rawValue)$")])
            let count: Int64 = try rows[0][0]
            return Int(count)
        }
    }
}
