import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceStore

/// Vectors in PostgreSQL: loading and building beside plain COPY and CREATE INDEX, searches and their recall. Leaves a
/// catalogue `bench` behind for a server to search, and searches for some of its images as scripts for pgbench.
struct PgvectorBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pgvector")

    @Option(help: "An empty database's URL.") var database: String
    @Option(help: "A folder for pgbench's scripts.") var scripts: String
    @Option var count = 100_000
    @Option(help: "The catalogue's model, which says how many dimensions vectors have.") var model =
        "efficientnet-lite0"
    @Option var queries = 300
    @Option(help: "What the index keeps: vector, halfvec or binary.") var kind = "halfvec"

    func run() async throws {
        let database = try await PostgresDatabase.open(
            PostgresConfiguration(url: try PostgresURL(database)), schema: .migrate)
        let version = try await benchModels().embedder(for: model).version
        var vectors = PhotographLikeVectors(dimension: version.dimension, seed: 7)
        let rows = (0..<count).map { _ in vectors.next() }
        let asked = (0..<queries).map { _ in vectors.next() }
        var configuration = VectorIndexConfiguration()
        guard let kind = VectorIndexConfiguration.Kind(rawValue: kind) else { throw ValidationError("unknown kind") }
        configuration.kind = kind
        let bench = PgvectorBench(
            database: database, store: PostgresCatalogueStore(database: database),
            indexes: try PostgresVectorIndexes(database: database, configuration: configuration), model: version,
            rows: rows)
        let plain = try await bench.loadPlainly(kind)
        let (space, ids, ours) = try await bench.load()
        let index = bench.indexes.postgresIndex(for: space)
        let stored = Array(rows.prefix(100))
        try await write(scriptsFor: stored, index)
        var result: [String: JSONValue] = [
            "plain_seconds": plain.json, "seconds": ours.json,
            "images": .array(stored.indices.map { .string(bench.hash(ofImage: $0).hexadecimal) }),
        ]
        for share in [1, 0.01, 0.1, 0.5] {
            let (samples, recall) = try await bench.search(index, ids, asked, share: share)
            result["search \(share)"] = ["ms": samples.json, "recall_at_10": .number(recall)]
        }
        print(JSONValue.object(result).text)
    }

    /// One script a query; vectors are literals, so that pgbench has nothing to send but a statement's name. Eleven
    /// neighbours are wanted, as for a search with a stored image, which is left out.
    private func write(scriptsFor queries: [Embedding], _ index: PostgresVectorIndex) async throws {
        for (number, query) in queries.enumerated() {
            guard let statement = try await index.graphStatement(near: query, limit: 11) else {
                throw ValidationError("Searches of so few vectors do not use the index.")
            }
            let vector = "'[\(query.values.map { "\($0)" }.joined(separator: ","))]'"
            let sql = statement.sql.replacingOccurrences(of: "$1", with: vector)
                .replacingOccurrences(of: "$2", with: "\(statement.candidateCount)")
                .replacingOccurrences(of: "$3", with: "11")
            let path = URL(fileURLWithPath: scripts)
            try Data((sql + ";\n").utf8).write(to: path.appendingPathComponent("\(number).sql"))
            let options = statement.settings.map { "-c \($0.key)=\($0.value)" }.sorted().joined(separator: " ")
            try Data(options.utf8).write(to: path.appendingPathComponent("options"))
        }
    }
}

/// Seconds of loading and of building.
private struct LoadTimes {
    var load = 0.0
    var build = 0.0

    var json: JSONValue { ["load": .number(load), "build": .number(build)] }
}

private struct PgvectorBench {
    let database: PostgresDatabase
    let store: PostgresCatalogueStore
    let indexes: PostgresVectorIndexes
    let model: ModelVersion
    let rows: [Embedding]

    /// What PostgreSQL needs by itself: COPY, a key, an index.
    func loadPlainly(_ kind: VectorIndexConfiguration.Kind) async throws -> LoadTimes {
        let (rows, dimension) = (self.rows, rows[0].dimension)
        let key = VectorExpressions(element: .vector, dimension: dimension, preferring: kind).indexKey
        return try await database.run(within: .seconds(7_200)) { connection in
            try connection.script(
                """
                CREATE TABLE plain (image_id bigint, catalogue_id bigint, vector vector(\(dimension)) NOT NULL,
                    PRIMARY KEY (catalogue_id, image_id));
                ALTER TABLE plain ALTER COLUMN vector SET STORAGE PLAIN
                """)
            var times = LoadTimes()
            let start = wallSeconds()
            try connection.copy("COPY plain (image_id, catalogue_id, vector) FROM STDIN (FORMAT binary)") { copy in
                for (number, row) in rows.enumerated() {
                    try copy.begin(columnCount: 3)
                    copy.write(Int64(number))
                    copy.write(Int64(1))
                    copy.write(row.values)
                }
            }
            times.load = wallSeconds() - start
            try connection.script("SET maintenance_work_mem = '1GB'")
            let loaded = wallSeconds()
            try connection.script("CREATE INDEX ON plain USING hnsw (\(key)) WITH (m = 16, ef_construction = 64)")
            times.build = wallSeconds() - loaded
            try connection.script("RESET maintenance_work_mem; DROP TABLE plain")
            return times
        }
    }

    /// The same through the store, a thousand at a time, for images that are there.
    func load() async throws -> (EmbeddingSpace, [CatalogueImage.ID], LoadTimes) {
        let catalogue = try await store.createCatalogue(named: "bench", modelID: model.modelID)
        let space = EmbeddingSpace(catalogueID: catalogue.id, model: model)
        let ids = try await makeImages(in: catalogue)
        var times = LoadTimes()
        let start = wallSeconds()
        for first in stride(from: 0, to: rows.count, by: 1_000) {
            let batch = (first..<min(first + 1_000, rows.count)).map { (ids[$0], rows[$0]) }
            _ = try await store.addEmbeddings(batch, to: space)
        }
        times.load = wallSeconds() - start
        let loaded = wallSeconds()
        let outcome = try await indexes.postgresIndex(for: space).build { _ in }
        times.build = wallSeconds() - loaded
        guard outcome == .built else { throw ValidationError("the index was not built: \(outcome.rawValue)") }
        return (space, ids, times)
    }

    func hash(ofImage number: Int) -> ContentHash { ContentHash(hashing: Array("image \(number)".utf8)) }

    /// Image n has the metadata {"n": n shuffled}, and an embedding of another model, small: images come with one.
    private func makeImages(in catalogue: Catalogue) async throws -> [CatalogueImage.ID] {
        let space = EmbeddingSpace(
            catalogueID: catalogue.id, model: ModelVersion(modelID: "small", digest: "small", dimension: 2))
        var ids: [CatalogueImage.ID] = []
        for first in stride(from: 0, to: rows.count, by: 1_000) {
            let images = (first..<min(first + 1_000, rows.count)).map { number in
                NewImage(
                    hash: hash(ofImage: number), name: "\(number).jpg", location: .stored,
                    header: ImageHeader(format: .jpeg, width: 640, height: 480), byteCount: 50_000,
                    metadata: ["n": .number(Double(shuffled(number)))], embedding: Embedding(unit: [1, 0]))
            }
            ids += try await store.add(images, to: space).map(\.id)
        }
        return ids
    }

    private func shuffled(_ number: Int) -> Int { number * 7_919 % rows.count }

    /// Searches one after the other, and how much of the true ten nearest they find.
    /// - Parameter share: of the images that the filter leaves; 1 is no filter.
    func search(
        _ index: PostgresVectorIndex, _ ids: [CatalogueImage.ID], _ queries: [Embedding], share: Double
    ) async throws -> (Samples, Double) {
        let bound = Int(share * Double(rows.count))
        let filter = share < 1 ? MetadataFilter.compare(path: ["n"], .less, .number(Double(bound))) : nil
        var times: [Double] = []
        var found: [[CatalogueImage.ID]] = []
        for round in 0..<2 {
            for query in queries {
                let start = wallSeconds()
                let neighbours = try await index.search(near: query, limit: 10, minimumScore: nil, matching: filter)
                // The first round warms caches up.
                guard round > 0 else { continue }
                times.append((wallSeconds() - start) * 1000)
                found.append(neighbours.map(\.id))
            }
        }
        let checked = Array(zip(queries, found).prefix(50))
        let hits = checked.reduce(0) { $0 + Set(nearest($1.0, ids, below: bound)).intersection($1.1).count }
        return (Samples(times), Double(hits) / Double(10 * checked.count))
    }

    private func nearest(_ query: Embedding, _ ids: [CatalogueImage.ID], below bound: Int) -> [CatalogueImage.ID] {
        var scored: [Neighbour] = []
        for (number, row) in rows.enumerated() where shuffled(number) < bound {
            scored.append(Neighbour(id: ids[number], score: row.score(with: query)))
        }
        scored.sort { $0.score == $1.score ? $0.id < $1.id : $0.score > $1.score }
        return scored.prefix(10).map(\.id)
    }
}
