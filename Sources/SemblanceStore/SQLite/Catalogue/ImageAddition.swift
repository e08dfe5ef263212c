import Foundation
import GRDB
import SemblanceCore

/// Makes images visible within one transaction: row, metadata, embedding and source.
struct ImageAddition {
    private let database: Database
    private let space: EmbeddingSpace
    private let spaceNumber: Int64
    private let now = Date().microseconds
    private var values: MetadataValues
    private let sources: SourceRecords

    /// - Throws: `StoreError` with `catalogue-unknown`.
    init(_ database: Database, space: EmbeddingSpace) throws {
        try SQLiteCatalogueStore.requireCatalogue(space.catalogueID, in: database)
        self.database = database
        self.space = space
        spaceNumber = try space.findOrInsert(in: database)
        values = MetadataValues(database, catalogue: space.catalogueID)
        sources = SourceRecords(database, catalogue: space.catalogueID)
    }

    mutating func add(_ images: [NewImage]) throws -> [AddedImage] {
        var added: [AddedImage] = []
        for image in images { added.append(try add(image)) }
        // A later image of the same call may have been read from the new place of a stale one.
        let stale = Set(try sources.withoutSource(added.compactMap(\.stale)))
        return added.map { image in
            guard let id = image.stale, !stale.contains(id) else { return image }
            return AddedImage(id: image.id, isNewEmbedding: image.isNewEmbedding, stale: nil)
        }
    }

    private mutating func add(_ image: NewImage) throws -> AddedImage {
        guard image.embedding.dimension == space.model.dimension else {
            throw StoreError(
                .failed, "expected \(space.model.dimension) dimensions, not \(image.embedding.dimension)")
        }
        let id = try update(with: image) ?? insert(image)
        let isNew = try insert(image.embedding, of: id)
        let stale = try image.source.flatMap { try sources.record($0, of: id) }
        return AddedImage(id: id, isNewEmbedding: isNew, stale: stale)
    }

    private mutating func insert(_ image: NewImage) throws -> CatalogueImage.ID {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO images
                    (catalogue_id, hash, name, path, format, width, height, byte_count, metadata, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let header = image.header
        try statement.execute(arguments: [
            space.catalogueID.rawValue, image.hash.data, image.name.storable, image.location.column,
            header.format.rawValue, header.width, header.height, image.byteCount, image.metadata.text, now,
        ])
        let id = CatalogueImage.ID(rawValue: database.lastInsertedRowID)
        try values.insert(image.metadata, of: id)
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
        let path: String? = row[1]
        if path != nil, image.location == .stored {
            try database.execute(sql: "UPDATE images SET path = NULL WHERE id = ?", arguments: [id.rawValue])
        }
        let present = try JSONValue(column: row[2])
        let merged = image.metadata(mergedOver: present)
        if merged != present {
            try database.execute(
                sql: "UPDATE images SET metadata = ? WHERE id = ?", arguments: [merged.text, id.rawValue])
            try values.replace(merged, of: id)
        }
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
