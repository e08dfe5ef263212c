import SemblanceCore

/// Which file on disk holds which image, within one transaction.
///
/// An image left in place is at one of its sources: when that file holds other bytes, or is forgotten, the image moves
/// to another source. If it has none, it is abandoned: `abandonedImages` finds it.
struct PostgresSourceRecords {
    private let connection: PostgresConnection
    private let catalogue: Catalogue.ID

    init(_ connection: PostgresConnection, catalogue: Catalogue.ID) {
        self.connection = connection
        self.catalogue = catalogue
    }

    /// Makes files sources of images whose rows the transaction holds. Of a path that comes twice the last counts.
    /// - Parameter newImages: those that cannot have lost a source.
    func record(_ sources: [(SourceFile, CatalogueImage.ID)], newImages: Set<CatalogueImage.ID> = []) throws {
        guard !sources.isEmpty else { return }
        // By their bytes: names that only look alike are two files.
        let byPath = Dictionary(sources.map { (IndexKey(path: $0.0.path), $0) }, uniquingKeysWith: { $1 })
        let keys = byPath.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        let rows = keys.compactMap { byPath[$0] }
        let previous = try holders(of: keys)
        try connection.execute(
            """
            INSERT INTO sources (catalogue_id, path_key, path, byte_count, modified_at, image_id)
            SELECT $1, path_key, path, byte_count, modified_at, image_id
            FROM unnest($2, $3, $4, $5, $6) WITH ORDINALITY
                AS new (path_key, path, byte_count, modified_at, image_id, place)
            ORDER BY place
            ON CONFLICT (catalogue_id, path_key) DO UPDATE
            SET byte_count = excluded.byte_count, modified_at = excluded.modified_at, image_id = excluded.image_id
            """,
            [
                .integer(catalogue.rawValue), .byteStrings(keys.map(\.bytes)), .texts(rows.map(\.0.path)),
                .integers(rows.map(\.0.byteCount)), .integers(rows.map(\.0.modifiedNanoseconds)),
                .ids(rows.map(\.1)),
            ])
        try settle(Set(previous + sources.map(\.1)).subtracting(newImages))
    }

    /// Forgets paths.
    func forget(_ paths: [String]) throws {
        let keys = paths.map(IndexKey.init(path:))
        let holders = try holders(of: keys)
        guard !holders.isEmpty else { return }
        try connection.execute(
            "DELETE FROM sources WHERE catalogue_id = $1 AND path_key = ANY ($2)",
            [.integer(catalogue.rawValue), .byteStrings(keys.map(\.bytes))])
        try settle(Set(holders))
    }

    /// Images whose sources these paths are. The rows stay locked until the transaction ends, so that no two
    /// transactions move a path at once.
    private func holders(of keys: [IndexKey]) throws -> [CatalogueImage.ID] {
        try connection.query(
            """
            SELECT image_id FROM sources WHERE catalogue_id = $1 AND path_key = ANY ($2) ORDER BY path_key FOR UPDATE
            """, [.integer(catalogue.rawValue), .byteStrings(keys.map(\.bytes))]
        ).map { try $0[0] }
    }

    /// Moves images that were left at a place which is not their source to one that is.
    private func settle(_ images: Set<CatalogueImage.ID>) throws {
        guard !images.isEmpty else { return }
        try connection.query(
            "SELECT 1 FROM images WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", [.ids(images.sorted())])
        try connection.execute(
            """
            UPDATE images SET path = first.path
            FROM (SELECT image_id, min(path) AS path FROM sources WHERE image_id = ANY ($1) GROUP BY image_id) AS first
            WHERE images.id = first.image_id AND images.path IS NOT NULL
            AND NOT EXISTS (
                SELECT 1 FROM sources
                WHERE catalogue_id = images.catalogue_id AND sources.path = images.path AND image_id = images.id)
            """, [.ids(images.sorted())])
    }
}
