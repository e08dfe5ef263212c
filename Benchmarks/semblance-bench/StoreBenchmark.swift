import ArgumentParser
import CPostgres
import Foundation
import SemblanceCore
import SemblanceStore

/// Catalogue stores: images that become visible in a second, SQLite beside PostgreSQL; and embeddings copied into
/// PostgreSQL beside the same rows through libpq alone, by turns.
struct StoreBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "store")

    @Option(help: "A PostgreSQL superuser's URL; a database is made there and dropped again.") var database: String
    @Option var count = 100_000
    @Option(help: "Images that are added, by each store.") var images = 12_800
    @Option var dimension = 1280
    @Option(help: "Images a transaction, as ingestion adds them.") var batch = 64
    @Option(help: "Turns of copying.") var turns = 3

    func run() async throws {
        let admin = PostgresPool(PostgresConfiguration(url: try PostgresURL(database), connectionCount: 1))
        let name = "semblance_bench_\(getpid())"
        try await admin.withConnection { try $0.script("CREATE DATABASE \(name)") }
        let result: JSONValue
        do { result = try await measure(admin.configuration.url.with(["dbname": name])) } catch {
            try? await admin.withConnection { try $0.script("DROP DATABASE \(name) WITH (FORCE)") }
            throw error
        }
        try await admin.withConnection { try $0.script("DROP DATABASE \(name) WITH (FORCE)") }
        print(result.text)
    }

    private func measure(_ url: PostgresURL) async throws -> JSONValue {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("semblance-bench-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let sqlite = SQLiteCatalogueStore(
            database: try await SQLiteDatabase.open(path: folder + "/semblance.sqlite", role: .writer))
        let database = try await PostgresDatabase.open(
            PostgresConfiguration(url: url, statementTimeLimit: .seconds(600)), schema: .migrate)
        let postgres = PostgresCatalogueStore(database: database)
        let rows = Rows(count: count, dimension: dimension)
        let (copied, plain, insertion) = try await measureCopying(rows, postgres, database, url)
        let result: JSONValue = [
            "count": .number(Double(count)), "dimension": .number(Double(dimension)),
            "add_sqlite_per_second": .number(try await addingRate(sqlite)),
            "add_postgres_per_second": .number(try await addingRate(postgres)),
            "copy_seconds": .array(copied.map { .number($0) }), "libpq_copy_seconds": .array(plain.map { .number($0) }),
            "copy_over_libpq": .number((copied.min() ?? .nan) / (plain.min() ?? .nan)),
            "store_add_embeddings_seconds": .number(insertion),
        ]
        database.close()
        return result
    }

    /// Images a second that become visible, in transactions as ingestion makes them.
    private func addingRate(_ store: any CatalogueStore) async throws -> Double {
        let space = try await self.space(in: store, named: "adding")
        var vectors = ClusteredVectors(dimension: dimension, seed: 11)
        var seconds = 0.0
        for start in stride(from: 0, to: images, by: batch) {
            let batch = (start..<min(start + batch, images)).map { number in
                Self.image(number, vectors.next())
            }
            let begin = wallSeconds()
            _ = try await store.add(batch, to: space)
            seconds += wallSeconds() - begin
        }
        return Double(images) / seconds
    }

    private static func image(_ number: Int, _ embedding: Embedding) -> NewImage {
        let path = "/pictures/\(number).jpg"
        return NewImage(
            hash: ContentHash(hashing: Array("image \(number)".utf8)), name: "\(number).jpg",
            location: .inPlace(path: path), header: ImageHeader(format: .jpeg, width: 640, height: 480),
            byteCount: 50_000, metadata: ["group": .number(Double(number % 100))], embedding: embedding,
            source: SourceFile(path: path, byteCount: 50_000, modifiedNanoseconds: 1))
    }

    private func space(in store: any CatalogueStore, named name: String) async throws -> EmbeddingSpace {
        let catalogue = try await store.createCatalogue(named: name, modelID: "made-up")
        return EmbeddingSpace(
            catalogueID: catalogue.id, model: ModelVersion(modelID: "made-up", digest: name, dimension: dimension))
    }

    /// Tables are alike and fresh for each turn. The last number is the whole way through the store, of images that are
    /// there, in transactions of 10,000.
    private func measureCopying(
        _ rows: Rows, _ store: PostgresCatalogueStore, _ database: PostgresDatabase, _ url: PostgresURL
    ) async throws -> (copied: [Double], plain: [Double], insertion: Double) {
        var (copied, plain): ([Double], [Double]) = ([], [])
        let plainURL = url.parameters
        for _ in 0..<turns {
            try await makeTable(database)
            let start = wallSeconds()
            _ = try await database.write { connection in
                try connection.copy("COPY copied FROM STDIN (FORMAT binary)") { copy in
                    for number in 0..<rows.count {
                        try copy.begin(columnCount: 3)
                        copy.write(Int64(number + 1))
                        copy.write(Int64(1))
                        copy.write(rows.vectors[number % rows.vectors.count])
                    }
                }
            }
            copied.append(wallSeconds() - start)
            try await makeTable(database)
            plain.append(try PlainCopy.seconds(rows, plainURL))
        }
        let space = try await self.space(in: store, named: "copying")
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO images (catalogue_id, hash, name, format, width, height, byte_count, metadata, created_at)
                SELECT $1, sha256(number::text::bytea), number || '.jpg', 'jpeg', 640, 480, 50000, '{}', 0
                FROM generate_series(1, $2) AS number
                """, [.integer(space.catalogueID.rawValue), .integer(rows.count)])
        }
        let ids = try await store.images(matching: .and([]), in: space.catalogueID)
        let start = wallSeconds()
        for first in stride(from: 0, to: ids.count, by: 10_000) {
            let chunk = (first..<min(first + 10_000, ids.count)).map {
                (ids[$0], Embedding(unit: rows.vectors[$0 % rows.vectors.count]))
            }
            _ = try await store.addEmbeddings(chunk, to: space)
        }
        return (copied, plain, wallSeconds() - start)
    }

    private func makeTable(_ database: PostgresDatabase) async throws {
        let type = "vector(\(dimension))"
        try await database.write { connection in
            try connection.script(
                """
                DROP TABLE IF EXISTS copied;
                CREATE TABLE copied (
                    image_id bigint NOT NULL, catalogue_id bigint NOT NULL, vector \(type) NOT NULL,
                    PRIMARY KEY (catalogue_id, image_id));
                ALTER TABLE copied ALTER COLUMN vector SET STORAGE PLAIN
                """)
        }
        // What earlier turns left behind is not to be written during this one.
        try await database.run(within: .seconds(600)) { try $0.script("CHECKPOINT") }
    }
}

/// Rows to copy: few vectors, many times, so that memory is not what is measured.
private struct Rows {
    let count: Int
    let vectors: [[Float]]

    init(count: Int, dimension: Int) {
        self.count = count
        var source = ClusteredVectors(dimension: dimension, seed: 5)
        vectors = (0..<1000).map { _ in source.next().values }
    }
}

/// The least that a program can do: rows that are encoded already, given to a blocking libpq.
private enum PlainCopy {
    static func seconds(_ rows: Rows, _ parameters: [String: String]) throws -> Double {
        let info = parameters.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        let connection = PQconnectdb(info)
        defer { PQfinish(connection) }
        let bodies = rows.vectors.map(encoded)
        func check(_ isDone: Bool) throws {
            guard isDone else { throw StoreError(.failed, String(cString: PQerrorMessage(connection))) }
        }
        func send(_ bytes: [UInt8]) throws {
            let result = bytes.withUnsafeBytes {
                PQputCopyData(connection, $0.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
            }
            try check(result == 1)
        }
        let start = wallSeconds()
        let started = PQexec(connection, "COPY semblance.copied FROM STDIN (FORMAT binary)")
        try check(PQresultStatus(started) == PGRES_COPY_IN)
        PQclear(started)
        try send(Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8))
        for number in 0..<rows.count {
            var head: [UInt8] = [0, 3, 0, 0, 0, 8]
            withUnsafeBytes(of: Int64(number + 1).bigEndian) { head.append(contentsOf: $0) }
            head += [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]
            try send(head)
            try send(bodies[number % bodies.count])
        }
        try send([0xFF, 0xFF])
        try check(PQputCopyEnd(connection, nil) == 1)
        while let result = PQgetResult(connection) {
            defer { PQclear(result) }
            try check(PQresultStatus(result) == PGRES_COMMAND_OK)
        }
        return wallSeconds() - start
    }

    /// A `vector` with its length.
    private static func encoded(_ vector: [Float]) -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: Int32(4 + 4 * vector.count).bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(vector.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes += [0, 0]
        for value in vector {
            withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
