import SemblanceCore

extension EmbeddingTable {
    /// From so many on, embeddings are copied in rather than inserted, which takes a third of the time.
    private static let copyCount = 256

    /// Adds embeddings of images whose rows the transaction holds; images that have one keep it.
    /// - Returns: images whose embedding is new.
    func insert(
        _ embeddings: [(CatalogueImage.ID, Embedding)], _ connection: PostgresConnection
    ) throws -> [CatalogueImage.ID] {
        guard !embeddings.isEmpty else { return [] }
        // In one order, so that two who add the same wait rather than block each other.
        let sorted = embeddings.sorted { $0.0 < $1.0 }
        // Copying knows no conversion.
        guard sorted.count >= Self.copyCount, element == .vector else { return try insertSorted(sorted, connection) }
        return try copySorted(sorted, connection)
    }

    private func insertSorted(
        _ embeddings: [(CatalogueImage.ID, Embedding)], _ connection: PostgresConnection
    ) throws -> [CatalogueImage.ID] {
        try connection.query(
            """
            INSERT INTO \(name) (image_id, catalogue_id, vector)
            SELECT image_id, $1, vector FROM unnest($2, $3) WITH ORDINALITY AS new (image_id, vector, place)
            ORDER BY place ON CONFLICT DO NOTHING RETURNING image_id
            """,
            [
                .integer(space.catalogueID.rawValue), .ids(embeddings.map(\.0)),
                .vectors(embeddings.map(\.1.values)),
            ]
        ).map { try $0[0] }
    }

    private func copySorted(
        _ embeddings: [(CatalogueImage.ID, Embedding)], _ connection: PostgresConnection
    ) throws -> [CatalogueImage.ID] {
        let present = try connection.query(
            "SELECT image_id FROM \(name) WHERE image_id = ANY ($1)", [.ids(embeddings.map(\.0))]
        ).map { try $0[0] as CatalogueImage.ID }
        let known = Set(present)
        let new = embeddings.filter { !known.contains($0.0) }
        do {
            try connection.copy("COPY \(name) (image_id, catalogue_id, vector) FROM STDIN (FORMAT binary)") { copy in
                for (image, embedding) in new {
                    try copy.begin(columnCount: 3)
                    copy.write(image.rawValue)
                    copy.write(space.catalogueID.rawValue)
                    copy.write(embedding.values)
                }
            }
        } catch let failure as PostgresFailure where failure.kind == .statement(.uniqueViolation) {
            // Somebody else added some of them meanwhile: done again, the transaction sees them.
            throw PostgresFailure(.statement(.serialisationFailure), failure.description)
        }
        return new.map(\.0)
    }

    /// - Throws: `StoreError` if an embedding has another dimension.
    static func check(_ embeddings: some Sequence<Embedding>, fit space: EmbeddingSpace) throws {
        for embedding in embeddings where embedding.dimension != space.model.dimension {
            throw StoreError(.failed, "expected \(space.model.dimension) dimensions, not \(embedding.dimension)")
        }
    }
}
