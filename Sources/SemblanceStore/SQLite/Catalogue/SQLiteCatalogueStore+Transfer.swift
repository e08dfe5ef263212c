import Foundation
import GRDB
import SemblanceCore

/// What backup, restore and migration ask.
extension SQLiteCatalogueStore {
    public func sources(of images: [CatalogueImage.ID]) async throws -> [(SourceFile, CatalogueImage.ID)] {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT path, byte_count, modified_at, image_id FROM sources
                    WHERE image_id IN (SELECT value FROM json_each(?))
                    """)
            return try Row.fetchAll(statement, arguments: [jsonList(images)]).map { row in
                let file = SourceFile(path: row[0], byteCount: row[1], modifiedNanoseconds: row[2])
                return (file, CatalogueImage.ID(rawValue: row[3]))
            }
        }
    }

    public func setCreationTimes(_ times: [(CatalogueImage.ID, Date)]) async throws {
        try await database.writeAsWriter { database in
            let statement = try database.cachedStatement(sql: "UPDATE images SET created_at = ? WHERE id = ?")
            for (image, time) in times {
                try statement.execute(arguments: [time.microseconds, image.rawValue])
            }
        }
    }

    public func setCreationTime(_ time: Date, of catalogue: Catalogue.ID) async throws {
        try await database.writeAsWriter { database in
            try database.execute(
                sql: "UPDATE catalogues SET created_at = ? WHERE id = ?",
                arguments: [time.microseconds, catalogue.rawValue])
        }
    }
}
