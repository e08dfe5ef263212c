import Foundation
import GRDB
import SemblanceCore

/// A catalogue's change from one model to another.
extension SQLiteCatalogueStore {
    public func images(
        lacking space: EmbeddingSpace, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> [CatalogueImage] {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(CatalogueImage.columns) FROM images
                    WHERE catalogue_id = ? AND id > ?
                    AND NOT EXISTS (SELECT 1 FROM embeddings WHERE space_id = ? AND image_id = images.id)
                    ORDER BY id LIMIT ?
                    """)
            let rows = try Row.fetchCursor(
                statement,
                arguments: [
                    space.catalogueID.rawValue, cursor?.rawValue ?? 0, try space.find(in: database), limit,
                ])
            return try Array(rows.map(CatalogueImage.init(row:)))
        }
    }

    public func addEmbeddings(
        _ embeddings: [(CatalogueImage.ID, Embedding)], to space: EmbeddingSpace
    ) async throws -> [CatalogueImage.ID] {
        try await database.writeAsWriter { database in
            try Self.requireCatalogue(space.catalogueID, in: database)
            let number = try space.findOrInsert(in: database)
            // An image that was deleted meanwhile is not found, and gets nothing.
            let statement = try database.cachedStatement(
                sql: """
                    INSERT OR IGNORE INTO embeddings (space_id, image_id, vector)
                    SELECT ?, id, ? FROM images WHERE id = ? AND catalogue_id = ?
                    """)
            var added: [CatalogueImage.ID] = []
            for (image, embedding) in embeddings {
                try Self.check(embedding, fits: space)
                try statement.execute(arguments: [
                    number, embedding.data, image.rawValue, space.catalogueID.rawValue,
                ])
                if database.changesCount > 0 { added.append(image) }
            }
            return added
        }
    }

    private static func check(_ embedding: Embedding, fits space: EmbeddingSpace) throws {
        guard embedding.dimension == space.model.dimension else {
            throw StoreError(.failed, "expected \(space.model.dimension) dimensions, not \(embedding.dimension)")
        }
    }

    public func switchModel(from previous: String, to space: EmbeddingSpace) async throws -> ModelSwitch {
        try await database.writeAsWriter { database in
            let id = space.catalogueID.rawValue
            try Self.requireCatalogue(space.catalogueID, in: database)
            let present = try String.fetchOne(
                database, sql: "SELECT model_id FROM catalogues WHERE id = ?", arguments: [id])
            if let present, present != previous, present != space.model.modelID {
                return .changedMeanwhile(modelID: present)
            }
            // Both counts come out of indexes alone. An embedding's image is of the same catalogue, by foreign keys.
            let imageCount = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM images WHERE catalogue_id = ?", arguments: [id])
            let embeddingCount = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM embeddings WHERE space_id = ?",
                arguments: [try space.find(in: database)])
            let lackingCount = (imageCount ?? 0) - (embeddingCount ?? 0)
            guard lackingCount == 0 else { return .lacking(lackingCount) }
            try database.execute(
                sql: "UPDATE catalogues SET model_id = ? WHERE id = ?", arguments: [space.model.modelID, id])
            return .switched
        }
    }

    public func embeddingCounts(in catalogue: Catalogue.ID) async throws -> [EmbeddingCount] {
        try await database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT model_id, digest, dimension,
                        (SELECT count(*) FROM embeddings WHERE space_id = embedding_spaces.id) AS embedding_count
                    FROM embedding_spaces WHERE catalogue_id = ? AND embedding_count > 0
                    ORDER BY model_id, digest
                    """,
                arguments: [catalogue.rawValue])
            return rows.map { row in
                let model = ModelVersion(modelID: row[0], digest: row[1], dimension: row[2])
                return EmbeddingCount(space: EmbeddingSpace(catalogueID: catalogue, model: model), count: row[3])
            }
        }
    }

    public func deleteEmbeddings(in space: EmbeddingSpace, limit: Int) async throws -> Bool {
        try await database.writeAsWriter { database in
            guard let number = try space.find(in: database) else { return false }
            try database.execute(
                sql: """
                    DELETE FROM embeddings WHERE id IN (SELECT id FROM embeddings WHERE space_id = ? LIMIT ?)
                    """,
                arguments: [number, limit])
            if database.changesCount >= limit { return true }
            try database.execute(sql: "DELETE FROM embedding_spaces WHERE id = ?", arguments: [number])
            return false
        }
    }
}
