import Foundation
import GRDB
import SemblanceCore

/// Which file on disk holds which image, within one transaction.
///
/// An image left in place is at one of its sources: when that file holds other bytes, or is forgotten, the image moves
/// to another source. If it has none, it is stale.
struct SourceRecords {
    private let database: Database
    private let catalogue: Catalogue.ID

    init(_ database: Database, catalogue: Catalogue.ID) {
        self.database = database
        self.catalogue = catalogue
    }

    /// Makes a file a source of an image; returns the image that is stale by it.
    func record(_ file: SourceFile, of image: CatalogueImage.ID) throws -> CatalogueImage.ID? {
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
        guard let previous, previous != image else { return nil }
        return try abandon(file.path, by: previous)
    }

    /// Forgets a path; returns the image that is stale by it.
    func forget(_ path: String) throws -> CatalogueImage.ID? {
        guard let image = try self.image(at: path) else { return nil }
        let statement = try database.cachedStatement(sql: "DELETE FROM sources WHERE catalogue_id = ? AND path = ?")
        try statement.execute(arguments: [catalogue.rawValue, path])
        return try abandon(path, by: image)
    }

    /// Of these images, those without any source.
    func withoutSource(_ images: [CatalogueImage.ID]) throws -> [CatalogueImage.ID] {
        try images.filter { try firstSource(of: $0) == nil }
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

    private func abandon(_ path: String, by id: CatalogueImage.ID) throws -> CatalogueImage.ID? {
        let statement = try database.cachedStatement(
            sql: "SELECT path FROM images WHERE id = ? AND path IS NOT NULL")
        guard let present = try String.fetchOne(statement, arguments: [id.rawValue]) else { return nil }
        guard let other = try firstSource(of: id) else { return id }
        if present == path { try move(id, to: other) }
        return nil
    }

    private func move(_ id: CatalogueImage.ID, to path: String) throws {
        let statement = try database.cachedStatement(sql: "UPDATE images SET path = ? WHERE id = ?")
        try statement.execute(arguments: [path, id.rawValue])
    }
}
