import Foundation
import GRDB
import SemblanceCore

extension SQLiteCatalogueStore {
    public func add(_ images: [NewImage], to space: EmbeddingSpace) async throws -> [AddedImage] {
        try await database.writeAsWriter { database in
            var addition = try ImageAddition(database, space: space)
            return try images.map { try addition.add($0) }
        }
    }

    public func image(_ hash: ContentHash, in catalogue: Catalogue.ID) async throws -> CatalogueImage {
        let found = try await database.read { database in
            try Row.fetchOne(
                database, sql: "SELECT \(CatalogueImage.columns) FROM images WHERE hash = ? AND catalogue_id = ?",
                arguments: [hash.data, catalogue.rawValue]
            ).map(CatalogueImage.init(row:))
        }
        guard let found else { throw StoreError(.unknownImage, "The catalogue has no image \(hash).") }
        return found
    }

    public func images(_ ids: [CatalogueImage.ID]) async throws -> [CatalogueImage] {
        // Each image once, as one statement would give it.
        let wanted = Set(ids).sorted()
        return try await database.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(CatalogueImage.columns) FROM images WHERE id IN (SELECT value FROM json_each(?))
                    """)
            var images: [CatalogueImage] = []
            images.reserveCapacity(wanted.count)
            for start in stride(from: 0, to: wanted.count, by: Self.imageChunkSize) {
                let chunk = wanted[start..<min(start + Self.imageChunkSize, wanted.count)]
                let rows = try Row.fetchCursor(statement, arguments: [jsonList(chunk)])
                while let row = try rows.next() { images.append(try CatalogueImage(row: row)) }
            }
            return images
        }
    }

    /// Images that are fetched by one statement: its list of numbers stays small beside the images.
    private static let imageChunkSize = 4096

    public func images(
        in catalogue: Catalogue.ID, matching filter: MetadataFilter?, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> [CatalogueImage] {
        let after = cursor?.rawValue ?? 0
        return try await database.read { database in
            let condition: SQL = try filter?.condition(in: database, catalogue: catalogue) ?? SQL(sql: "TRUE")
            return try Self.fetchImages(
                database,
                """
                SELECT \(sql: CatalogueImage.columns) FROM images
                WHERE catalogue_id = \(catalogue.rawValue) AND id > \(after) AND \(condition) ORDER BY id LIMIT \(limit)
                """)
        }
    }

    public func imageCount(in catalogue: Catalogue.ID, matching filter: MetadataFilter?) async throws -> Int {
        try await database.read { database in
            let condition: SQL = try filter?.condition(in: database, catalogue: catalogue) ?? SQL(sql: "TRUE")
            let request: SQLRequest<Int> =
                "SELECT count(*) FROM images WHERE catalogue_id = \(catalogue.rawValue) AND \(condition)"
            return try request.fetchOne(database) ?? 0
        }
    }

    public func images(matching filter: MetadataFilter, in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID]
    {
        try await database.read { database in
            let condition = try filter.condition(in: database, catalogue: catalogue)
            let request: SQLRequest<Int64> =
                "SELECT id FROM images WHERE catalogue_id = \(catalogue.rawValue) AND \(condition) ORDER BY id"
            return try request.fetchAll(database).map(CatalogueImage.ID.init(rawValue:))
        }
    }

    public func hashes(
        startingWith digits: String, in catalogue: Catalogue.ID, limit: Int
    ) async throws -> [ContentHash] {
        let fill = { (digit: Character) in digits + String(repeating: digit, count: max(0, 64 - digits.utf8.count)) }
        guard !digits.isEmpty, let first = ContentHash(hexadecimal: fill("0")),
            let last = ContentHash(hexadecimal: fill("f"))
        else { return [] }
        return try await database.read { database in
            try Data.fetchAll(
                database,
                sql: "SELECT hash FROM images WHERE hash BETWEEN ? AND ? AND catalogue_id = ? ORDER BY hash LIMIT ?",
                arguments: [first.data, last.data, catalogue.rawValue, limit]
            ).map(ContentHash.init(column:))
        }
    }

    public func mergeMetadata(_ patches: [MetadataPatch]) async throws -> [MetadataRefusal] {
        guard !patches.isEmpty else { return [] }
        return try await database.writeAsWriter { database in
            var merging = MetadataMerging(database)
            var refusals: [MetadataRefusal] = []
            for (position, patch) in patches.enumerated() {
                if let error = try merging.merge(patch) {
                    refusals.append(MetadataRefusal(position: position, error: error))
                }
            }
            return refusals
        }
    }

    public func deleteImages(_ ids: [CatalogueImage.ID]) async throws -> [ContentHash] {
        try await database.writeAsWriter { try ImageDeletion($0).delete(ids) }
    }

    public func unused(_ hashes: [ContentHash]) async throws -> [ContentHash] {
        try await database.read { database in
            let deletion = ImageDeletion(database)
            return try hashes.filter { try !deletion.isNeeded($0, asStored: true) }
        }
    }

    private static func fetchImages(_ database: Database, _ sql: SQL) throws -> [CatalogueImage] {
        let rows = try SQLRequest<Row>(literal: sql).fetchCursor(database)
        return try Array(rows.map(CatalogueImage.init(row:)))
    }
}

/// Deletes images within a transaction. Embeddings, metadata and sources go with them by foreign keys.
struct ImageDeletion {
    private let database: Database

    init(_ database: Database) {
        self.database = database
    }

    /// - Returns: hashes whose files nobody needs now. An image left in place has a thumbnail among the stored files.
    func delete(_ ids: [CatalogueImage.ID]) throws -> [ContentHash] {
        let deletion = try database.cachedStatement(
            sql: "DELETE FROM images WHERE id = ? RETURNING hash, path IS NULL")
        var deleted: [ContentHash: Bool] = [:]
        for id in ids {
            guard let row = try Row.fetchOne(deletion, arguments: [id.rawValue]) else { continue }
            let wasStored: Bool = row[1]
            deleted[try ContentHash(column: row[0]), default: false] = wasStored
        }
        return try deleted.filter { try !isNeeded($0.key, asStored: $0.value) }.map(\.key)
    }

    func isNeeded(_ hash: ContentHash, asStored: Bool) throws -> Bool {
        let condition = asStored ? " AND path IS NULL" : ""
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM images WHERE hash = ?\(condition) LIMIT 1")
        return try Int.fetchOne(statement, arguments: [hash.data]) != nil
    }
}
