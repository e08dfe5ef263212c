import Foundation
import GRDB
import SemblanceCore

/// Makes images visible within one transaction: row, metadata, embedding and source.
struct ImageAddition {
    private let database: Database
    private let space: EmbeddingSpace
    private let spaceNumber: Int64
    private let now = Date().microseconds
    private var merging: MetadataMerging
    private let sources: SourceRecords

    /// - Throws: `StoreError` with `catalogue-unknown`.
    init(_ database: Database, space: EmbeddingSpace) throws {
        try SQLiteCatalogueStore.requireCatalogue(space.catalogueID, in: database)
        self.database = database
        self.space = space
        spaceNumber = try space.findOrInsert(in: database)
        merging = MetadataMerging(database)
        sources = SourceRecords(database, catalogue: space.catalogueID)
    }

    mutating func add(_ image: NewImage) throws -> AddedImage {
        guard image.embedding.dimension == space.model.dimension else {
            throw StoreError(
                .failed, "expected \(space.model.dimension) dimensions, not \(image.embedding.dimension)")
        }
        let id = try update(with: image) ?? insert(image)
        let isNew = try insert(image.embedding, of: id)
        if let source = image.source { try sources.record(source, of: id) }
        return AddedImage(id: id, isNewEmbedding: isNew)
    }

    private mutating func insert(_ image: NewImage) throws -> CatalogueImage.ID {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO images
                    (catalogue_id, hash, name, path, format, width, height, byte_count, metadata, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let header = image.header
        let metadata = JSONValue.object([:]).merging(patch: image.metadata)
        try statement.execute(arguments: [
            space.catalogueID.rawValue, image.hash.data, image.name.storable, image.location.column,
            header.format.rawValue, header.width, header.height, image.byteCount, metadata.text, now,
        ])
        let id = CatalogueImage.ID(rawValue: database.lastInsertedRowID)
        try merging.insertValues(of: metadata, for: id, in: space.catalogueID)
        return id
    }

    /// Gives an image that is there already what it lacks; `nil` if it is not there.
    private mutating func update(with image: NewImage) throws -> CatalogueImage.ID? {
        let statement = try database.cachedStatement(
            sql: "SELECT id, path, metadata FROM images WHERE hash = ? AND catalogue_id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [image.hash.data, space.catalogueID.rawValue]) else {
            return nil
        }
        let id = CatalogueImage.ID(rawValue: row[0])
        let present = CatalogueImage.Location(column: row[1])
        let location = image.location(after: present)
        if location != present {
            try database.execute(
                sql: "UPDATE images SET path = ? WHERE id = ?", arguments: [location.column, id.rawValue])
        }
        try merging.merge(image.metadata, into: row[2], of: id, in: space.catalogueID)
        return id
    }

    /// - Returns: `false` if the image has one already.
    private func insert(_ embedding: Embedding, of image: CatalogueImage.ID) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO embeddings (space_id, image_id, vector) VALUES (?, ?, ?)")
        try statement.execute(arguments: [spaceNumber, image.rawValue, embedding.data])
        return database.changesCount > 0
    }
}

extension EmbeddingSpace {
    /// The space's number; `nil` if nothing was ever embedded in it.
    func find(in database: Database) throws -> Int64? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id FROM embedding_spaces
                WHERE catalogue_id = ? AND model_id = ? AND digest = ? AND dimension = ?
                """)
        return try Int64.fetchOne(
            statement, arguments: [catalogueID.rawValue, model.modelID, model.digest, model.dimension])
    }

    func findOrInsert(in database: Database) throws -> Int64 {
        if let number = try find(in: database) { return number }
        try database.execute(
            sql: "INSERT INTO embedding_spaces (catalogue_id, model_id, digest, dimension) VALUES (?, ?, ?, ?)",
            arguments: [catalogueID.rawValue, model.modelID, model.digest, model.dimension])
        return database.lastInsertedRowID
    }
}
