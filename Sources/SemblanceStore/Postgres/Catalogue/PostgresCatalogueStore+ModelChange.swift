import SemblanceCore

/// A catalogue's change from one model to another, and what vector indexes are filled from.
extension PostgresCatalogueStore {
    /// Embeddings that are fetched by one statement.
    private static let chunkSize = 4096

    public func embeddedImages(in space: EmbeddingSpace) async throws -> [CatalogueImage.ID] {
        try await read(from: space, orElse: []) { table, connection in
            try connection.query("SELECT image_id FROM \(table.name) ORDER BY image_id").map { try $0[0] }
        }
    }

    public func image(
        _ hash: ContentHash, embeddedIn space: EmbeddingSpace
    ) async throws -> (CatalogueImage, Embedding?) {
        let found = try await read(from: space, orElse: nil as (CatalogueImage, Embedding?)?) { table, connection in
            let row = try connection.query(
                """
                SELECT \(CatalogueImage.postgresColumns),
                    (SELECT vector::vector FROM \(table.name) WHERE image_id = images.id)
                FROM images WHERE hash = $1 AND catalogue_id = $2
                """, [.bytes(hash.bytes), .integer(space.catalogueID.rawValue)]
            ).first
            return try row.map { (try CatalogueImage(row: $0), try $0.optional(CatalogueImage.postgresColumnCount)) }
        }
        if let found { return found }
        // Nothing is embedded there, or there is no such image.
        return (try await image(hash, in: space.catalogueID), nil)
    }

    public func embeddings(
        of images: [CatalogueImage.ID], in space: EmbeddingSpace
    ) async throws -> [(CatalogueImage.ID, Embedding)] {
        try await read(from: space, orElse: []) { table, connection in
            var found: [(CatalogueImage.ID, Embedding)] = []
            found.reserveCapacity(images.count)
            for start in stride(from: 0, to: images.count, by: Self.chunkSize) {
                let chunk = images[start..<min(start + Self.chunkSize, images.count)]
                let rows = try connection.query(
                    "SELECT image_id, vector::vector FROM \(table.name) WHERE image_id = ANY ($1)", [.ids(chunk)])
                for row in rows { found.append((try row[0], try row[1])) }
            }
            return found
        }
    }

    public func images(
        lacking space: EmbeddingSpace, after cursor: CatalogueImage.ID?, limit: Int
    ) async throws -> [CatalogueImage] {
        try await database.read { connection in
            let embedded = try Self.embeddedCondition(of: space, column: "images.id", connection)
            return try connection.query(
                """
                SELECT \(CatalogueImage.postgresColumns) FROM images
                WHERE catalogue_id = $1 AND images.id > $2 AND NOT \(embedded) ORDER BY images.id LIMIT $3
                """,
                [.integer(space.catalogueID.rawValue), .integer(cursor?.rawValue ?? 0), .integer(limit)]
            ).map(CatalogueImage.init(row:))
        }
    }

    public func addEmbeddings(
        _ embeddings: [(CatalogueImage.ID, Embedding)], to space: EmbeddingSpace
    ) async throws -> [CatalogueImage.ID] {
        try EmbeddingTable.check(embeddings.lazy.map(\.1), fit: space)
        return try await write(to: space) { table, connection in
            // An image that was deleted meanwhile is not found, and gets nothing; the others cannot be deleted now.
            let present = try connection.query(
                "SELECT id FROM images WHERE id = ANY ($1) AND catalogue_id = $2 ORDER BY id FOR KEY SHARE",
                [.ids(Set(embeddings.map(\.0))), .integer(space.catalogueID.rawValue)]
            ).map { try $0[0] as CatalogueImage.ID }
            let byImage = Dictionary(embeddings.map { ($0.0, $0.1) }, uniquingKeysWith: { first, _ in first })
            let added = Set(
                try table.insert(present.compactMap { id in byImage[id].map { (id, $0) } }, connection))
            return embeddings.map(\.0).filter(added.contains)
        }
    }

    public func switchModel(from previous: String, to space: EmbeddingSpace) async throws -> ModelSwitch {
        try await database.write { connection in
            let id = PostgresValue.integer(space.catalogueID.rawValue)
            // No image is added while this one is locked: who adds one holds it, too.
            let row = try connection.query("SELECT model_id FROM catalogues WHERE id = $1 FOR UPDATE", [id]).first
            guard let present: String = try row?[0] else { throw Self.catalogueIsGone }
            guard present == previous || present == space.model.modelID else {
                return .changedMeanwhile(modelID: present)
            }
            let embedded = try Self.embeddedCondition(of: space, column: "images.id", connection)
            let lacking: Int = try connection.query(
                "SELECT count(*) FROM images WHERE catalogue_id = $1 AND NOT \(embedded)", [id])[0][0]
            guard lacking == 0 else { return .lacking(lacking) }
            try connection.execute(
                "UPDATE catalogues SET model_id = $2 WHERE id = $1", [id, .text(space.model.modelID.storable)])
            return .switched
        }
    }

    public func embeddingCounts(in catalogue: Catalogue.ID) async throws -> [EmbeddingCount] {
        try await database.snapshot { connection in
            try EmbeddingTable.all(of: catalogue, connection).map { table in
                let count: Int = try connection.query("SELECT count(*) FROM \(table.name)")[0][0]
                return EmbeddingCount(space: table.space, count: count)
            }
            .filter { $0.count > 0 }
            .sorted {
                ($0.space.model.modelID, $0.space.model.digest) < ($1.space.model.modelID, $1.space.model.digest)
            }
        }
    }

    public func deleteEmbeddings(in space: EmbeddingSpace, limit: Int) async throws -> Bool {
        try await read(from: space, orElse: false, isWriting: true) { table, connection in
            let count = try connection.execute(
                "DELETE FROM \(table.name) WHERE ctid = ANY (ARRAY(SELECT ctid FROM \(table.name) LIMIT $1))",
                [.integer(limit)])
            if count >= limit { return true }
            try table.drop(connection)
            return false
        }
    }

    /// Runs statements on the table of a space, if there is one.
    private func read<Value: Sendable>(
        from space: EmbeddingSpace, orElse nothing: Value, isWriting: Bool = false,
        _ body: @escaping @Sendable (EmbeddingTable, PostgresConnection) throws -> Value
    ) async throws -> Value {
        let work = { @Sendable [tables] (connection: PostgresConnection) throws -> Value in
            guard let table = try EmbeddingTable.find(space, connection) else { return nothing }
            tables.remember(table)
            return try body(table, connection)
        }
        if isWriting { return try await database.write(work) }
        return try await database.read { [tables] connection in
            guard let table = tables.find(space) else { return try work(connection) }
            do { return try body(table, connection) } catch let failure as PostgresFailure
                where failure.kind == .statement(.undefinedTable)
            {
                // Dropped since it was seen; numbers do not come again.
                tables.forget(space)
                return try work(connection)
            }
        }
    }
}
