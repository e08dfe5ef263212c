import Foundation
import SemblanceCore

/// What backup, restore and migration ask.
extension PostgresCatalogueStore {
    public func sources(of images: [CatalogueImage.ID]) async throws -> [(SourceFile, CatalogueImage.ID)] {
        try await database.read { connection in
            try connection.query(
                "SELECT path, byte_count, modified_at, image_id FROM sources WHERE image_id = ANY ($1)",
                [.ids(images)]
            ).map { row in
                (SourceFile(path: try row[0], byteCount: try row[1], modifiedNanoseconds: try row[2]), try row[3])
            }
        }
    }

    public func setCreationTimes(_ times: [(CatalogueImage.ID, Date)]) async throws {
        // In one order, as all who lock images do.
        let sorted = times.sorted { $0.0 < $1.0 }
        try await database.write { connection in
            try connection.query(
                "SELECT 1 FROM images WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", [.ids(sorted.map(\.0))])
            try connection.execute(
                """
                UPDATE images SET created_at = times.created_at
                FROM unnest($1::int8[], $2::int8[]) AS times (id, created_at) WHERE images.id = times.id
                """, [.ids(sorted.map(\.0)), .integers(sorted.map(\.1.microseconds))])
        }
    }

    public func setCreationTime(_ time: Date, of catalogue: Catalogue.ID) async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE catalogues SET created_at = $1 WHERE id = $2",
                [.integer(time.microseconds), .integer(catalogue.rawValue)])
        }
    }
}
