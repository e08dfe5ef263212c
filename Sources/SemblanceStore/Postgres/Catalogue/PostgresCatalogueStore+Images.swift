import Foundation
import SemblanceCore

extension PostgresCatalogueStore {
    public func add(_ images: [NewImage], to space: EmbeddingSpace) async throws -> [AddedImage] {
        try EmbeddingTable.check(images.lazy.map(\.embedding), fit: space)
        try await keys.prepare(images.map { JSONValue.object([:]).merging(patch: $0.metadata) }, in: space.catalogueID)
        return try await write(to: space) { [keys, claims] table, connection in
            guard !images.isEmpty else { return [] }
            try claims?.require(images.filter { $0.location == .stored }.map(\.hash), connection)
            return try PostgresImageAddition(connection, table: table, keys: keys).add(images)
        }
    }

    public func image(_ hash: ContentHash, in catalogue: Catalogue.ID) async throws -> CatalogueImage {
        let found = try await database.read { connection in
            try connection.query(
                "SELECT \(CatalogueImage.postgresColumns) FROM images WHERE hash = $1 AND catalogue_id = $2",
                [.bytes(hash.bytes), .integer(catalogue.rawValue)]
            ).first.map(CatalogueImage.init(row:))
        }
        guard let found else { throw StoreError(.unknownImage, "The catalogue has no image \(hash).") }
        return found
    }

    public func images(_ ids: [CatalogueImage.ID]) async throws -> [CatalogueImage] {
        try await database.read { connection in
            try connection.query(
                "SELECT \(CatalogueImage.postgresColumns) FROM images WHERE id = ANY ($1)", [.ids(Set(ids))]
            ).map(CatalogueImage.init(row:))
        }
    }

    public func images(
        in catalogue: Catalogue.ID, matching filter: MetadataFilter?, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> [CatalogueImage] {
        try await database.read { [keys] connection in
            var condition = PostgresCondition()
            let start = """
                catalogue_id = \(condition.bind(.integer(catalogue.rawValue)))
                AND images.id > \(condition.bind(.integer(cursor?.rawValue ?? 0)))
                """
            let meets = try filter?.sql(&condition, keys, in: catalogue, connection) ?? "TRUE"
            let rows = try connection.query(
                """
                SELECT \(CatalogueImage.postgresColumns) FROM images WHERE \(start) AND \(meets)
                ORDER BY images.id LIMIT \(condition.bind(.integer(limit)))
                """, condition.parameters, isPrepared: filter == nil)
            return try rows.map(CatalogueImage.init(row:))
        }
    }

    public func imageCount(in catalogue: Catalogue.ID, matching filter: MetadataFilter?) async throws -> Int {
        try await select("count(*)", in: catalogue, matching: filter) { try $0.first?[0] ?? 0 }
    }

    public func images(matching filter: MetadataFilter, in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID]
    {
        try await select("id", in: catalogue, matching: filter, order: "ORDER BY id") { try $0.map { try $0[0] } }
    }

    private func select<Value: Sendable>(
        _ what: String, in catalogue: Catalogue.ID, matching filter: MetadataFilter?, order: String = "",
        _ body: @escaping @Sendable (PostgresRows) throws -> Value
    ) async throws -> Value {
        try await database.read { [keys] connection in
            var condition = PostgresCondition()
            let belongs = "catalogue_id = \(condition.bind(.integer(catalogue.rawValue)))"
            let meets = try filter?.sql(&condition, keys, in: catalogue, connection) ?? "TRUE"
            return try body(
                connection.query(
                    "SELECT \(what) FROM images WHERE \(belongs) AND \(meets) \(order)", condition.parameters,
                    isPrepared: filter == nil))
        }
    }

    public func hashes(
        startingWith digits: String, in catalogue: Catalogue.ID, limit: Int
    ) async throws -> [ContentHash] {
        let fill = { (digit: Character) in digits + String(repeating: digit, count: max(0, 64 - digits.utf8.count)) }
        guard !digits.isEmpty, let first = ContentHash(hexadecimal: fill("0")),
            let last = ContentHash(hexadecimal: fill("f"))
        else { return [] }
        return try await database.read { connection in
            try connection.query(
                "SELECT hash FROM images WHERE hash BETWEEN $1 AND $2 AND catalogue_id = $3 ORDER BY hash LIMIT $4",
                [.bytes(first.bytes), .bytes(last.bytes), .integer(catalogue.rawValue), .integer(limit)]
            ).map { try $0[0] }
        }
    }

    public func mergeMetadata(_ patches: [MetadataPatch]) async throws -> [MetadataRefusal] {
        guard !patches.isEmpty else { return [] }
        let catalogues = try await catalogues(of: patches.map(\.image))
        let byCatalogue = Dictionary(grouping: patches.filter { catalogues[$0.image] != nil }) { catalogues[$0.image]! }
        for (catalogue, patches) in byCatalogue {
            do {
                try await keys.prepare(
                    patches.map { JSONValue.object([:]).merging(patch: $0.patch) }, in: catalogue)
            } catch let error as StoreError where error.code == .unknownCatalogue {
                // Its images are gone, too.
                continue
            }
        }
        return try await database.write { [keys] connection in
            try PostgresMetadataMerging(connection, keys: keys).merge(patches)
        }
    }

    private func catalogues(of images: [CatalogueImage.ID]) async throws -> [CatalogueImage.ID: Catalogue.ID] {
        try await database.read { connection in
            try connection.query("SELECT id, catalogue_id FROM images WHERE id = ANY ($1)", [.ids(Set(images))])
                .reduce(into: [:]) { found, row in found[try row[0]] = Catalogue.ID(rawValue: try row[1]) }
        }
    }
}
