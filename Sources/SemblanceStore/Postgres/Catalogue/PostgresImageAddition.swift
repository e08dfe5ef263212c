import Foundation
import SemblanceCore

/// Makes images visible within one transaction: row, metadata, embedding and source, each for all images at once.
struct PostgresImageAddition {
    /// An image as it comes to stand: what is there already with what is added, in the order in which it is added.
    private struct Standing {
        var id: CatalogueImage.ID
        var location: CatalogueImage.Location
        var metadata: JSONValue
        var isMetadataChanged = false
        var isLocationChanged = false

        /// Adds the same bytes once more.
        mutating func add(_ image: NewImage) {
            let next = image.location(after: location)
            if next != location { (location, isLocationChanged) = (next, true) }
            guard image.metadata != .object([:]) else { return }
            let merged = metadata.merging(patch: image.metadata)
            // What would break the rules is left out.
            guard merged != metadata, (try? Metadata.validate(merged)) != nil else { return }
            (metadata, isMetadataChanged) = (merged, true)
        }
    }

    let connection: PostgresConnection
    let table: EmbeddingTable
    let keys: MetadataKeyTree
    private let now = Date().microseconds

    init(_ connection: PostgresConnection, table: EmbeddingTable, keys: MetadataKeyTree) {
        (self.connection, self.table, self.keys) = (connection, table, keys)
    }

    func add(_ images: [NewImage]) throws -> [AddedImage] {
        let byHash = Dictionary(grouping: images, by: \.hash)
        let places = Dictionary(
            zip(images.map(\.hash), 0...).map { ($0, Int64($1)) }, uniquingKeysWith: { first, _ in first })
        let new = try insert(byHash, places)
        let present = try update(byHash.filter { new[$0.key] == nil })
        let ids = new.merging(present) { $1 }
        let embedded = try embed(byHash, ids)
        try PostgresSourceRecords(connection, catalogue: table.space.catalogueID).record(
            images.compactMap { image in image.source.flatMap { source in ids[image.hash].map { (source, $0) } } },
            newImages: Set(new.values))
        // Of several with the same bytes the first is the one that is new.
        var reported: Set<CatalogueImage.ID> = []
        return try images.map { image in
            guard let id = ids[image.hash] else { throw Self.imageWentAway }
            return AddedImage(id: id, isNewEmbedding: embedded.contains(id) && reported.insert(id).inserted)
        }
    }

    /// Inserts rows for bytes that the catalogue does not have. Their numbers are in the order in which the images were
    /// given; the rows are inserted in the order of their hashes, so that others who insert the same wait for this
    /// transaction to end rather than block it.
    private func insert(
        _ images: [ContentHash: [NewImage]], _ places: [ContentHash: Int64]
    ) throws -> [ContentHash: CatalogueImage.ID] {
        let hashes = images.keys.sorted()
        let rows = hashes.map { hash -> (image: NewImage, standing: Standing) in
            let first = images[hash]![0]
            var standing = Standing(
                id: CatalogueImage.ID(rawValue: 0), location: first.location,
                metadata: JSONValue.object([:]).merging(patch: first.metadata))
            for image in images[hash]!.dropFirst() { standing.add(image) }
            return (first, standing)
        }
        let inserted = try connection.query(
            """
            INSERT INTO images
                (id, catalogue_id, hash, name, path, format, width, height, byte_count, metadata, created_at)
            OVERRIDING SYSTEM VALUE
            SELECT id, $1, hash, name, path, format, width, height, byte_count, metadata, $2
            FROM (
                SELECT nextval('semblance.images_id_seq') AS id, given.* FROM (
                    SELECT * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11)
                        AS new (place, hash, name, path, format, width, height, byte_count, metadata)
                    ORDER BY place
                ) AS given
            ) AS numbered
            ORDER BY hash
            ON CONFLICT (hash, catalogue_id) DO NOTHING RETURNING hash, id
            """,
            [
                .integer(table.space.catalogueID.rawValue), .integer(now),
                .integers(hashes.map { places[$0] ?? 0 }), .byteStrings(hashes.map(\.bytes)),
                .texts(rows.map(\.image.name.storable)), .texts(rows.map(\.standing.location.column)),
                .texts(rows.map(\.image.header.format.rawValue)),
                .integers(rows.map { Int64($0.image.header.width) }),
                .integers(rows.map { Int64($0.image.header.height) }), .integers(rows.map(\.image.byteCount)),
                .texts(rows.map(\.standing.metadata.text)),
            ])
        var ids: [ContentHash: CatalogueImage.ID] = [:]
        for row in inserted { ids[try row[0]] = try row[1] as CatalogueImage.ID }
        try PostgresMetadataValues(keys, connection).insert(
            zip(hashes, rows).compactMap { hash, row in
                ids[hash].map { ($0, table.space.catalogueID, row.standing.metadata) }
            })
        return ids
    }

    /// Gives images that are there already what they lack. Their rows stay locked until the transaction ends.
    private func update(_ images: [ContentHash: [NewImage]]) throws -> [ContentHash: CatalogueImage.ID] {
        guard !images.isEmpty else { return [:] }
        let rows = try connection.query(
            """
            SELECT hash, id, path, metadata FROM images WHERE catalogue_id = $1 AND hash = ANY ($2)
            ORDER BY id FOR NO KEY UPDATE
            """, [.integer(table.space.catalogueID.rawValue), .byteStrings(images.keys.map(\.bytes))])
        var standings: [ContentHash: Standing] = [:]
        for row in rows {
            let hash: ContentHash = try row[0]
            var standing = Standing(
                id: try row[1], location: .init(column: try row.optional(2)), metadata: try JSONValue(column: row[3]))
            for image in images[hash] ?? [] { standing.add(image) }
            standings[hash] = standing
        }
        // It was there when its row was to be inserted, and was deleted before it could be locked.
        guard standings.count == images.count else { throw Self.imageWentAway }
        try write(Array(standings.values))
        return standings.mapValues(\.id)
    }

    private func write(_ standings: [Standing]) throws {
        let moved = standings.filter(\.isLocationChanged)
        if !moved.isEmpty {
            try connection.execute(
                """
                UPDATE images SET path = moved.path FROM unnest($1, $2) AS moved (id, path) WHERE images.id = moved.id
                """, [.ids(moved.map(\.id)), .texts(moved.map(\.location.column))])
        }
        let merged = standings.filter(\.isMetadataChanged)
        guard !merged.isEmpty else { return }
        try connection.execute(
            """
            UPDATE images SET metadata = merged.metadata
            FROM unnest($1, $2) AS merged (id, metadata) WHERE images.id = merged.id
            """, [.ids(merged.map(\.id)), .texts(merged.map(\.metadata.text))])
        try PostgresMetadataValues(keys, connection).replace(
            merged.map { ($0.id, table.space.catalogueID, $0.metadata) })
    }

    /// - Returns: images whose embedding is new.
    private func embed(
        _ images: [ContentHash: [NewImage]], _ ids: [ContentHash: CatalogueImage.ID]
    ) throws -> Set<CatalogueImage.ID> {
        let rows = images.compactMap { hash, images in ids[hash].map { ($0, images[0].embedding) } }
        return Set(try table.insert(rows, connection))
    }

    /// Done again, the transaction inserts it anew.
    static var imageWentAway: PostgresFailure {
        PostgresFailure(.statement(.serialisationFailure), "an image was deleted while it was added again")
    }
}
