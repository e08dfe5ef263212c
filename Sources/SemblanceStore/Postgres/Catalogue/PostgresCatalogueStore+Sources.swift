import SemblanceCore

/// What ingestion asks before it does work.
extension PostgresCatalogueStore {
    public func known(_ hashes: [ContentHash], in space: EmbeddingSpace) async throws -> [ContentHash: KnownImage] {
        try await database.read { connection in
            let embedded = try Self.embeddedCondition(of: space, column: "images.id", connection)
            let rows = try connection.query(
                "SELECT hash, id, \(embedded), path IS NULL FROM images WHERE hash = ANY ($1) AND catalogue_id = $2",
                [.byteStrings(hashes.map(\.bytes)), .integer(space.catalogueID.rawValue)])
            return try rows.reduce(into: [:]) { known, row in
                known[try row[0]] = KnownImage(id: try row[1], hasEmbedding: try row[2], isStored: try row[3])
            }
        }
    }

    public func unchanged(_ files: [SourceFile], in space: EmbeddingSpace) async throws -> [KnownImage?] {
        guard !files.isEmpty else { return [] }
        let known = try await database.read { connection -> [SourceKey: KnownImage] in
            let embedded = try Self.embeddedCondition(of: space, column: "sources.image_id", connection)
            let rows = try connection.query(
                """
                SELECT sources.path, sources.byte_count, modified_at, image_id, images.path IS NULL
                FROM sources JOIN images ON images.id = image_id
                WHERE sources.catalogue_id = $1 AND path_key = ANY ($2) AND \(embedded)
                """,
                [
                    .integer(space.catalogueID.rawValue),
                    .byteStrings(files.map { IndexKey(path: $0.path).bytes }),
                ])
            return try rows.reduce(into: [:]) { known, row in
                let file = SourceFile(path: try row[0], byteCount: try row[1], modifiedNanoseconds: try row[2])
                known[SourceKey(file)] = KnownImage(id: try row[3], hasEmbedding: true, isStored: try row[4])
            }
        }
        return files.map { known[SourceKey($0)] }
    }

    public func recordSources(
        _ sources: [(SourceFile, CatalogueImage.ID)], in catalogue: Catalogue.ID
    ) async throws {
        guard !sources.isEmpty else { return }
        try await database.write { connection in
            // One may have been deleted since it was recognised.
            let present = try connection.query(
                "SELECT id FROM images WHERE id = ANY ($1) AND catalogue_id = $2 ORDER BY id FOR NO KEY UPDATE",
                [.ids(Set(sources.map(\.1))), .integer(catalogue.rawValue)]
            ).map { try $0[0] as CatalogueImage.ID }
            let ids = Set(present)
            try PostgresSourceRecords(connection, catalogue: catalogue).record(sources.filter { ids.contains($0.1) })
        }
    }

    public func sourcePaths(
        in catalogue: Catalogue.ID, under folder: String, after cursor: String?, limit: Int
    ) async throws -> [(path: String, image: CatalogueImage.ID)] {
        let stem = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        guard stem.isStorable else { return [] }
        let (lower, upper) = IndexKey.bounds(ofTextsStartingWith: stem)
        return try await database.read { connection in
            try connection.query(
                """
                SELECT path, image_id FROM sources
                WHERE catalogue_id = $1 AND path_key >= $2 AND path_key < $3 AND path_key > $4
                AND (path = $5 OR starts_with(path, $5 || '/'))
                ORDER BY path_key LIMIT $6
                """,
                [
                    .integer(catalogue.rawValue), .bytes(lower), .bytes(upper),
                    .bytes(cursor.map { IndexKey(path: $0).bytes } ?? []), .text(stem), .integer(limit),
                ]
            ).map { (path: try $0[0], image: try $0[1]) }
        }
    }

    public func abandonedImages(in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT id FROM images WHERE catalogue_id = $1 AND path IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM sources WHERE image_id = images.id) ORDER BY id
                """, [.integer(catalogue.rawValue)]
            ).map { try $0[0] }
        }
    }

    public func forgetSources(_ paths: [String], in catalogue: Catalogue.ID) async throws {
        let paths = paths.filter(\.isStorable)
        guard !paths.isEmpty else { return }
        try await database.write { connection in
            try PostgresSourceRecords(connection, catalogue: catalogue).forget(paths)
        }
    }

    /// Whether an image has an embedding in a space. No values become part of the text.
    static func embeddedCondition(
        of space: EmbeddingSpace, column: String, _ connection: PostgresConnection
    ) throws -> String {
        guard let table = try EmbeddingTable.find(space, connection) else { return "FALSE" }
        return "EXISTS (SELECT 1 FROM \(table.name) AS embedded WHERE embedded.image_id = \(column))"
    }
}

/// A file as it was read; paths are compared byte by byte.
private struct SourceKey: Hashable {
    let path: [UInt8]
    let byteCount: Int64
    let modifiedNanoseconds: Int64

    init(_ file: SourceFile) {
        path = Array(file.path.utf8)
        byteCount = file.byteCount
        modifiedNanoseconds = file.modifiedNanoseconds
    }
}
