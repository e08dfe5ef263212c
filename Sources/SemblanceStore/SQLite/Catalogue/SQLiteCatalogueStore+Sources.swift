import Foundation
import GRDB
import SemblanceCore

/// What ingestion asks before it does work.
extension SQLiteCatalogueStore {
    public func known(_ hashes: [ContentHash], in space: EmbeddingSpace) async throws -> [ContentHash: KnownImage] {
        try await database.read { database in
            let number = try space.find(in: database)
            let statement = try database.cachedStatement(
                sql: """
                    SELECT id, EXISTS (SELECT 1 FROM embeddings WHERE space_id = ? AND image_id = images.id), path IS NULL
                    FROM images WHERE hash = ? AND catalogue_id = ?
                    """)
            var known: [ContentHash: KnownImage] = [:]
            for hash in hashes {
                let row = try Row.fetchOne(statement, arguments: [number, hash.data, space.catalogueID.rawValue])
                guard let row else { continue }
                known[hash] = KnownImage(row)
            }
            return known
        }
    }

    public func unchanged(_ files: [SourceFile], in space: EmbeddingSpace) async throws -> [KnownImage?] {
        try await database.read { database in
            guard let number = try space.find(in: database) else { return files.map { _ in nil } }
            let statement = try database.cachedStatement(
                sql: """
                    SELECT image_id, 1, images.path IS NULL FROM sources JOIN images ON images.id = image_id
                    WHERE sources.catalogue_id = ? AND sources.path = ? AND sources.byte_count = ? AND modified_at = ?
                    AND EXISTS (SELECT 1 FROM embeddings WHERE space_id = ? AND image_id = sources.image_id)
                    """)
            return try files.map { file in
                let arguments: StatementArguments = [
                    space.catalogueID.rawValue, file.path, file.byteCount, file.modifiedNanoseconds, number,
                ]
                return try Row.fetchOne(statement, arguments: arguments).map(KnownImage.init)
            }
        }
    }

    public func recordSources(
        _ sources: [(SourceFile, CatalogueImage.ID)], in catalogue: Catalogue.ID
    ) async throws {
        try await database.writeAsWriter { database in
            let records = SourceRecords(database, catalogue: catalogue)
            let presence = try database.cachedStatement(sql: "SELECT 1 FROM images WHERE id = ? AND catalogue_id = ?")
            for (file, image) in sources {
                // It may have been deleted since it was recognised.
                guard try Int.fetchOne(presence, arguments: [image.rawValue, catalogue.rawValue]) != nil else {
                    continue
                }
                try records.record(file, of: image)
            }
        }
    }

    public func sourcePaths(
        in catalogue: Catalogue.ID, under folder: String, after cursor: String?, limit: Int
    ) async throws -> [(path: String, image: CatalogueImage.ID)] {
        // Everything below a folder lies between "folder/" and "folder0": '0' is the byte after '/'.
        let stem = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let rows = try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT path, image_id FROM sources
                    WHERE catalogue_id = ?1 AND path >= ?2 AND path < ?2 || '0' AND path > ?3
                    AND (path = ?2 OR path >= ?2 || '/')
                    ORDER BY path LIMIT ?4
                    """,
                arguments: [catalogue.rawValue, stem, cursor ?? "", limit]
            ).map { (path: $0[0] as String, image: $0[1] as Int64) }
        }
        return rows.map { (path: $0.path, image: CatalogueImage.ID(rawValue: $0.image)) }
    }

    public func abandonedImages(in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID] {
        let ids = try await database.read { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT id FROM images
                    WHERE catalogue_id = ? AND path IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM sources WHERE image_id = images.id)
                    ORDER BY id
                    """,
                arguments: [catalogue.rawValue])
        }
        return ids.map(CatalogueImage.ID.init(rawValue:))
    }

    public func forgetSources(_ paths: [String], in catalogue: Catalogue.ID) async throws {
        try await database.writeAsWriter { database in
            let records = SourceRecords(database, catalogue: catalogue)
            for path in paths { try records.forget(path) }
        }
    }
}

extension KnownImage {
    fileprivate init(_ row: Row) {
        self.init(id: CatalogueImage.ID(rawValue: row[0]), hasEmbedding: row[1], isStored: row[2])
    }
}
