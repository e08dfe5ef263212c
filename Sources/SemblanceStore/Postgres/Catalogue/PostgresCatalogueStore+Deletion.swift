import SemblanceCore

extension PostgresCatalogueStore {
    /// How long deleting a large catalogue may take.
    private static let deletionTimeLimit = Duration.seconds(3600)

    public func deleteImages(_ ids: [CatalogueImage.ID]) async throws -> [ContentHash] {
        try await database.write { connection in
            let rows = try connection.query(
                "SELECT id, catalogue_id, hash, path IS NULL FROM images WHERE id = ANY ($1) ORDER BY id FOR UPDATE",
                [.ids(Set(ids))])
            var deleted = DeletedOriginals()
            var byCatalogue: [Catalogue.ID: [CatalogueImage.ID]] = [:]
            for row in rows {
                byCatalogue[Catalogue.ID(rawValue: try row[1]), default: []].append(try row[0])
                deleted.add(try row[2], wasStored: try row[3])
            }
            for (catalogue, ids) in byCatalogue {
                for table in try EmbeddingTable.all(of: catalogue, connection, locking: true) {
                    try connection.execute("DELETE FROM \(table.name) WHERE image_id = ANY ($1)", [.ids(ids)])
                }
            }
            try connection.execute("DELETE FROM images WHERE id = ANY ($1)", [.ids(byCatalogue.values.joined())])
            return try deleted.unneeded(connection)
        }
    }

    public func deleteCatalogue(_ id: Catalogue.ID) async throws -> [ContentHash] {
        try await database.write { connection in
            try connection.withTimeLimit(Self.deletionTimeLimit) {
                let rows = try connection.query(
                    "SELECT 1 FROM catalogues WHERE id = $1 FOR UPDATE", [.integer(id.rawValue)])
                guard !rows.isEmpty else { throw Self.catalogueIsGone }
                for table in try EmbeddingTable.all(of: id, connection) { try table.drop(connection) }
                // All at once, before the foreign keys would do it row by row.
                for statement in [
                    "DELETE FROM sources WHERE catalogue_id = $1",
                    "DELETE FROM metadata_values USING images WHERE images.id = image_id AND catalogue_id = $1",
                    "DELETE FROM metadata_keys WHERE catalogue_id = $1",
                ] {
                    try connection.execute(statement, [.integer(id.rawValue)])
                }
                var deleted = DeletedOriginals()
                for row in try connection.query(
                    "DELETE FROM images WHERE catalogue_id = $1 RETURNING hash, path IS NULL", [.integer(id.rawValue)])
                {
                    deleted.add(try row[0], wasStored: try row[1])
                }
                try connection.execute("DELETE FROM catalogues WHERE id = $1", [.integer(id.rawValue)])
                return try deleted.unneeded(connection)
            }
        }
    }

    public func unused(_ hashes: [ContentHash]) async throws -> [ContentHash] {
        try await database.read { connection in
            var candidates = DeletedOriginals()
            for hash in hashes { candidates.add(hash, wasStored: true) }
            let unneeded = Set(try candidates.unneeded(connection))
            return hashes.filter(unneeded.contains)
        }
    }
}

/// Hashes of images that were deleted, and whether a stored original was among them.
private struct DeletedOriginals {
    private var hashes: [ContentHash: Bool] = [:]

    mutating func add(_ hash: ContentHash, wasStored: Bool) {
        hashes[hash] = hashes[hash] ?? false || wasStored
    }

    /// Hashes whose files nobody needs now. An image left in place has a thumbnail among the stored files.
    func unneeded(_ connection: PostgresConnection) throws -> [ContentHash] {
        guard !hashes.isEmpty else { return [] }
        let pairs = Array(hashes)
        return try connection.query(
            """
            SELECT hash FROM unnest($1, $2) AS deleted (hash, was_stored)
            WHERE NOT EXISTS (
                SELECT 1 FROM images WHERE images.hash = deleted.hash AND (path IS NULL OR NOT was_stored))
            """, [.byteStrings(pairs.map(\.key.bytes)), .bools(pairs.map(\.value))]
        ).map { try $0[0] }
    }
}
