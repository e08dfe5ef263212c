import Foundation
import GRDB
import SemblanceCore

/// Which file on disk holds which image, within one transaction.
///
/// An image left in place is at one of its sources: when that file holds other bytes, or is forgotten, the image moves
/// to another source. If it has none, it is abandoned: `abandonedImages` finds it.
struct SourceRecords {
    private let database: Database
    private let catalogue: Catalogue.ID

    init(_ database: Database, catalogue: Catalogue.ID) {
        self.database = database
        self.catalogue = catalogue
    }

    /// Makes a file a source of an image.
    func record(_ file: SourceFile, of image: CatalogueImage.ID) throws {
        let previous = try self.image(at: file.path)
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO sources (catalogue_id, path, byte_count, modified_at, image_id) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (catalogue_id, path) DO UPDATE
                SET byte_count = excluded.byte_count, modified_at = excluded.modified_at, image_id = excluded.image_id
                """)
        try statement.execute(arguments: [
            catalogue.rawValue, file.path, file.byteCount, file.modifiedNanoseconds, image.rawValue,
        ])
        try settle(image, at: file.path)
        if let previous, previous != image { try abandon(file.path, by: previous) }
    }

    /// Forgets a path.
    func forget(_ path: String) throws {
        guard let image = try self.image(at: path) else { return }
        let statement = try database.cachedStatement(sql: "DELETE FROM sources WHERE catalogue_id = ? AND path = ?")
        try statement.execute(arguments: [catalogue.rawValue, path])
        try abandon(path, by: image)
    }

    private func image(at path: String) throws -> CatalogueImage.ID? {
        let statement = try database.cachedStatement(
            sql: "SELECT image_id FROM sources WHERE catalogue_id = ? AND path = ?")
        return try Int64.fetchOne(statement, arguments: [catalogue.rawValue, path])
            .map(CatalogueImage.ID.init(rawValue:))
    }

    private func firstSource(of image: CatalogueImage.ID) throws -> String? {
        let statement = try database.cachedStatement(
            sql: "SELECT path FROM sources WHERE image_id = ? ORDER BY path LIMIT 1")
        return try String.fetchOne(statement, arguments: [image.rawValue])
    }

    /// If the place where an image was left is not its source any more, it is at this source.
    private func settle(_ id: CatalogueImage.ID, at path: String) throws {
        let statement = try database.cachedStatement(sql: "SELECT path FROM images WHERE id = ? AND path <> ?")
        guard let present = try String.fetchOne(statement, arguments: [id.rawValue, path]),
            try self.image(at: present) != id
        else { return }
        try move(id, to: path)
    }

    /// If an image was left at this place, which is not its source any more, it is at another source.
    private func abandon(_ path: String, by id: CatalogueImage.ID) throws {
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM images WHERE id = ? AND path = ?")
        guard try Int.fetchOne(statement, arguments: [id.rawValue, path]) != nil, let other = try firstSource(of: id)
        else { return }
        try move(id, to: other)
    }

    private func move(_ id: CatalogueImage.ID, to path: String) throws {
        let statement = try database.cachedStatement(sql: "UPDATE images SET path = ? WHERE id = ?")
        try statement.execute(arguments: [path, id.rawValue])
    }
}
