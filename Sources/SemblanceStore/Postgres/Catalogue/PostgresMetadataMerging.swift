import SemblanceCore

/// Applies merge patches to images within a transaction: one reading, and one writing of all that changes.
struct PostgresMetadataMerging {
    private let connection: PostgresConnection
    private let keys: MetadataKeyTree

    init(_ connection: PostgresConnection, keys: MetadataKeyTree) {
        (self.connection, self.keys) = (connection, keys)
    }

    /// Images that are gone are left out.
    /// - Returns: patches whose result breaks the rules; the image stays as it is then.
    func merge(_ patches: [MetadataPatch]) throws -> [MetadataRefusal] {
        let rows = try connection.query(
            "SELECT id, catalogue_id, metadata FROM images WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
            [.ids(Set(patches.map(\.image)).sorted())])
        var catalogues: [CatalogueImage.ID: Catalogue.ID] = [:]
        var present: [CatalogueImage.ID: JSONValue] = [:]
        for row in rows {
            let id: CatalogueImage.ID = try row[0]
            catalogues[id] = Catalogue.ID(rawValue: try row[1])
            present[id] = try JSONValue(column: row[2])
        }
        let (merged, refusals) = Self.apply(patches, to: present)
        let changed = merged.filter { $0.value != present[$0.key] }.sorted { $0.key < $1.key }
        guard !changed.isEmpty else { return refusals }
        try connection.execute(
            """
            UPDATE images SET metadata = merged.metadata
            FROM unnest($1, $2) AS merged (id, metadata) WHERE images.id = merged.id
            """, [.ids(changed.map(\.key)), .texts(changed.map(\.value.text))])
        try PostgresMetadataValues(keys, connection).replace(
            changed.compactMap { id, metadata in catalogues[id].map { (id, $0, metadata) } })
        return refusals
    }

    /// In the order given; a patch sees what those before it left.
    private static func apply(
        _ patches: [MetadataPatch], to present: [CatalogueImage.ID: JSONValue]
    ) -> (merged: [CatalogueImage.ID: JSONValue], refusals: [MetadataRefusal]) {
        var merged = present
        var refusals: [MetadataRefusal] = []
        for (position, patch) in patches.enumerated() {
            guard let before = merged[patch.image] else { continue }
            let after = before.merging(patch: patch.patch)
            guard after != before else { continue }
            do throws(RequestError) {
                try Metadata.validate(after)
                merged[patch.image] = after
            } catch {
                refusals.append(MetadataRefusal(position: position, error: error))
            }
        }
        return (merged, refusals)
    }
}
