import Foundation
import GRDB
import SemblanceCore

/// What vector indexes are filled from.
extension SQLiteCatalogueStore {
    /// Embeddings that are fetched by one statement.
    private static let chunkSize = 4096

    public func embeddedImages(in space: EmbeddingSpace) async throws -> [CatalogueImage.ID] {
        try await database.read { database in
            guard let number = try space.find(in: database) else { return [] }
            let ids = try Int64.fetchAll(
                database, sql: "SELECT image_id FROM embeddings WHERE space_id = ? ORDER BY image_id",
                arguments: [number])
            return ids.map(CatalogueImage.ID.init(rawValue:))
        }
    }

    public func embeddings(
        of images: [CatalogueImage.ID], in space: EmbeddingSpace
    ) async throws -> [(CatalogueImage.ID, Embedding)] {
        try await database.read { database in
            guard let number = try space.find(in: database) else { return [] }
            var found: [(CatalogueImage.ID, Embedding)] = []
            found.reserveCapacity(images.count)
            for start in stride(from: 0, to: images.count, by: Self.chunkSize) {
                let chunk = images[start..<min(start + Self.chunkSize, images.count)]
                try Self.fetch(chunk, inSpace: number, space.model.dimension, from: database) { found.append(($0, $1)) }
            }
            return found
        }
    }

    private static func fetch(
        _ images: ArraySlice<CatalogueImage.ID>, inSpace space: Int64, _ dimension: Int, from database: Database,
        _ body: (CatalogueImage.ID, Embedding) -> Void
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                SELECT image_id, vector FROM embeddings
                WHERE space_id = ? AND image_id IN (SELECT value FROM json_each(?))
                """)
        let rows = try Row.fetchCursor(statement, arguments: [space, jsonList(images)])
        while let row = try rows.next() {
            let embedding = try row.withUnsafeData(atIndex: 1) { data in
                try Embedding(column: data ?? Data(), dimension: dimension)
            }
            body(CatalogueImage.ID(rawValue: row[0]), embedding)
        }
    }
}
