import Foundation
import GRDB
import SemblanceCore

/// Catalogues, images, embeddings and sources in SQLite.
public struct SQLiteCatalogueStore: CatalogueStore {
    let database: SQLiteDatabase

    public init(database: SQLiteDatabase) {
        self.database = database
    }

    public func createCatalogue(
        named name: String, modelID: String, filterableKeys: [String]
    ) async throws -> Catalogue {
        let name = name.storable.composed
        let createdAt = Date(microseconds: Date().microseconds)
        let id = try await database.writeAsWriter { database -> Int64 in
            guard try Self.findCatalogue(named: name, in: database) == nil else {
                throw StoreError(.catalogueExists, "There is a catalogue '\(name)' already.")
            }
            try database.execute(
                sql: "INSERT INTO catalogues (name, model_id, created_at, filterable_keys) VALUES (?, ?, ?, ?)",
                arguments: [name, modelID, createdAt.microseconds, Catalogue.column(filterableKeys)])
            return database.lastInsertedRowID
        }
        return Catalogue(
            id: Catalogue.ID(rawValue: id), name: name, modelID: modelID, createdAt: createdAt,
            filterableKeys: filterableKeys)
    }

    public func catalogue(named name: String) async throws -> Catalogue {
        let found = try await database.read { try Self.findCatalogue(named: name, in: $0) }
        guard let found else {
            throw StoreError(.unknownCatalogue, "There is no catalogue '\(name.prefix(80))'.")
        }
        return found
    }

    public func catalogues() async throws -> [Catalogue] {
        try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT \(Catalogue.columns) FROM catalogues ORDER BY id")
                .map { try Catalogue(row: $0) }
        }
    }

    public func deleteCatalogue(_ id: Catalogue.ID) async throws -> [ContentHash] {
        try await database.writeAsWriter { database in
            try Self.requireCatalogue(id, in: database)
            let images = try Int64.fetchAll(
                database, sql: "SELECT id FROM images WHERE catalogue_id = ?", arguments: [id.rawValue])
            let orphans = try ImageDeletion(database).delete(images.map(CatalogueImage.ID.init(rawValue:)))
            try database.execute(sql: "DELETE FROM catalogues WHERE id = ?", arguments: [id.rawValue])
            return orphans
        }
    }

    public func setModel(_ modelID: String, of id: Catalogue.ID) async throws {
        try await database.writeAsWriter { database in
            try Self.requireCatalogue(id, in: database)
            try database.execute(
                sql: "UPDATE catalogues SET model_id = ? WHERE id = ?", arguments: [modelID, id.rawValue])
        }
    }

    public func setFilterableKeys(_ keys: [String], of id: Catalogue.ID) async throws {
        try await database.writeAsWriter { database in
            try Self.requireCatalogue(id, in: database)
            try database.execute(
                sql: "UPDATE catalogues SET filterable_keys = ? WHERE id = ?",
                arguments: [Catalogue.column(keys), id.rawValue])
        }
    }

    public func statistics(of id: Catalogue.ID) async throws -> CatalogueStatistics {
        try await database.read { database in
            try Self.requireCatalogue(id, in: database)
            let totals = try Row.fetchOne(
                database, sql: "SELECT count(*), coalesce(sum(byte_count), 0) FROM images WHERE catalogue_id = ?",
                arguments: [id.rawValue])
            return CatalogueStatistics(
                imageCount: totals?[0] ?? 0, byteCount: totals?[1] ?? 0,
                embeddingCounts: try Self.embeddingCounts(of: id, in: database))
        }
    }

    /// Images with an embedding, by model. Versions of one model are counted apart first, which an index answers; only
    /// where there are several must images that have more than one be told apart.
    private static func embeddingCounts(of id: Catalogue.ID, in database: Database) throws -> [String: Int] {
        let spaces = try Row.fetchAll(
            database, sql: "SELECT model_id, id FROM embedding_spaces WHERE catalogue_id = ?", arguments: [id.rawValue])
        let byModel = Dictionary(grouping: spaces, by: { $0[0] as String }).mapValues { $0.map { $0[1] as Int64 } }
        let counts = try byModel.mapValues { spaces in
            let what = spaces.count == 1 ? "count(*)" : "count(DISTINCT image_id)"
            let list = spaces.map(String.init).joined(separator: ",")
            return try Int.fetchOne(database, sql: "SELECT \(what) FROM embeddings WHERE space_id IN (\(list))") ?? 0
        }
        return counts.filter { $0.value > 0 }
    }

    static func findCatalogue(named name: String, in database: Database) throws -> Catalogue? {
        guard name.isStorable else { return nil }
        let row = try Row.fetchOne(
            database, sql: "SELECT \(Catalogue.columns) FROM catalogues WHERE name = ?", arguments: [name.composed])
        return try row.map { try Catalogue(row: $0) }
    }

    /// - Throws: `StoreError` with `catalogue-unknown`.
    static func requireCatalogue(_ id: Catalogue.ID, in database: Database) throws {
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM catalogues WHERE id = ?")
        guard try Int.fetchOne(statement, arguments: [id.rawValue]) != nil else {
            throw StoreError(.unknownCatalogue, "The catalogue is not there any more.")
        }
    }
}

extension Catalogue {
    static let columns = "id, name, model_id, created_at, filterable_keys"

    /// - Throws: `StoreError` with `database-damaged` for values that were never written.
    init(row: Row) throws {
        self.init(
            id: ID(rawValue: row[0]), name: row[1], modelID: row[2], createdAt: Date(microseconds: row[3]),
            filterableKeys: try Self.filterableKeys(column: row[4]))
    }

    /// The column `filterable_keys`: a JSON list.
    static func column(_ filterableKeys: [String]) -> String {
        JSONValue.array(filterableKeys.map { .string($0) }).text
    }

    static func filterableKeys(column text: String) throws -> [String] {
        guard case .array(let values) = try JSONValue(column: text) else { throw StoreError.damagedDatabase() }
        return try values.map { value in
            guard case .string(let key) = value else { throw StoreError.damagedDatabase() }
            return key
        }
    }
}
