import SemblanceCore

/// Where the embeddings of one space lie: a table a model version (`embeddings_<number>`), split by catalogue, so that
/// each space has a partition (`embeddings_<number>_c<catalogue>`), with an index of its own, that can be dropped whole.
///
/// Columns: `image_id`, `catalogue_id`, `vector`. The tables have no foreign keys, since dropping a partition would then
/// lock out every reader of `images`; what keeps them right is the order of locks: who adds an embedding holds its
/// image's row, and who deletes an image deletes its embeddings once that row is locked.
package struct EmbeddingTable: Sendable, Hashable {
    /// How components are stored.
    package enum Element: String, Sendable {
        /// Float32.
        case vector
        /// Float16.
        case halfvec
    }

    /// pgvector's limit for an index over Float32.
    package static let maximumVectorDimension = 2_000
    /// Bytes of a row that fit a page of 8 kB beside the page's own; a longer value is stored outside the table.
    private static let maximumRowSize = 8_160
    private static let rowOverhead = 48

    /// The model version's number.
    package let version: Int64
    package let space: EmbeddingSpace
    package let element: Element

    /// The table of all catalogues.
    package var parent: String { "semblance.embeddings_\(version)" }
    /// The space's own partition.
    package var name: String { "\(parent)_c\(space.catalogueID.rawValue)" }
    /// The column's type, such as `vector(1280)`.
    package var type: String { "\(element.rawValue)(\(space.model.dimension))" }

    /// A value is kept in its row where it fits: fetching it from elsewhere makes a scan four times slower. It is never
    /// compressed, which does nothing for vectors.
    var storage: String {
        let size = space.model.dimension * (element == .vector ? 4 : 2) + 8 + Self.rowOverhead
        return size <= Self.maximumRowSize ? "PLAIN" : "EXTERNAL"
    }

    static func element(for dimension: Int, _ configuration: PostgresConfiguration) -> Element {
        dimension > maximumVectorDimension || configuration.usesHalfPrecision ? .halfvec : .vector
    }
}

extension EmbeddingTable {
    /// The table of a space; `nil` if nothing was ever embedded in it.
    package static func find(_ space: EmbeddingSpace, _ connection: PostgresConnection) throws -> EmbeddingTable? {
        let row = try connection.query(
            """
            SELECT versions.id, versions.element FROM model_versions AS versions
            JOIN embedding_spaces AS spaces ON spaces.version_id = versions.id
            WHERE spaces.catalogue_id = $1 AND model_id = $2 AND digest = $3 AND dimension = $4
            """,
            [
                .integer(space.catalogueID.rawValue), .text(space.model.modelID), .text(space.model.digest),
                .integer(space.model.dimension),
            ]
        ).first
        return try row.map { try EmbeddingTable(version: $0[0], space: space, element: Element(column: $0[1])) }
    }

    /// The tables of all spaces of a catalogue. Nobody drops one of them until the transaction ends.
    static func all(
        of catalogue: Catalogue.ID, _ connection: PostgresConnection, locking: Bool = false
    ) throws -> [EmbeddingTable] {
        try connection.query(
            """
            SELECT versions.id, versions.element, model_id, digest, dimension FROM model_versions AS versions
            JOIN embedding_spaces AS spaces ON spaces.version_id = versions.id
            WHERE spaces.catalogue_id = $1 ORDER BY versions.id \(locking ? "FOR KEY SHARE OF spaces" : "")
            """, [.integer(catalogue.rawValue)]
        ).map { row in
            let model = ModelVersion(modelID: try row[2], digest: try row[3], dimension: try row[4])
            return EmbeddingTable(
                version: try row[0], space: EmbeddingSpace(catalogueID: catalogue, model: model),
                element: try Element(column: row[1]))
        }
    }

    /// Keeps the table from being dropped until the transaction ends.
    /// - Returns: `false` if it was dropped already.
    func lock(_ connection: PostgresConnection) throws -> Bool {
        try !connection.query(
            "SELECT 1 FROM embedding_spaces WHERE catalogue_id = $1 AND version_id = $2 FOR KEY SHARE",
            [.integer(space.catalogueID.rawValue), .integer(version)]
        ).isEmpty
    }
}

extension EmbeddingTable.Element {
    init(column: String) throws {
        guard let element = Self(rawValue: column) else {
            throw PostgresFailure(.unexpectedValue, "an embedding's element is '\(column)'")
        }
        self = element
    }
}
