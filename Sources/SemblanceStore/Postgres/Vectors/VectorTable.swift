import SemblanceCore

/// The partition that holds one catalogue's embeddings of one model version, as it was when it was looked at.
struct VectorTable: Hashable, Sendable {
    /// With the schema.
    let name: String
    let catalogue: Catalogue.ID
    /// PostgreSQL's own number of the table: what processes lock that build its index.
    let number: Int64
    let expressions: VectorExpressions
    /// About how many vectors there are, as PostgreSQL last counted them.
    let rowCount: Int
    /// Whether searches can use the HNSW index of the present configuration.
    let hasGraph: Bool

    static func find(
        _ space: EmbeddingSpace, _ configuration: VectorIndexConfiguration, _ connection: PostgresConnection
    ) throws -> VectorTable? {
        guard let embeddings = try EmbeddingTable.find(space, connection) else { return nil }
        let name = embeddings.name
        let expressions = VectorExpressions(
            element: embeddings.element, dimension: space.model.dimension, preferring: configuration.kind)
        let row = try connection.query(
            """
            SELECT class.oid::int8, class.reltuples::float8, EXISTS (
                SELECT 1 FROM pg_index JOIN pg_class AS graph ON graph.oid = indexrelid
                WHERE indrelid = class.oid AND indisvalid AND graph.relname = $2)
            FROM pg_class AS class WHERE class.oid = to_regclass($1)
            """, [.text(name), .text(graphName(name, expressions.kind, configuration))]
        ).first
        guard let row else { return nil }
        let estimate: Double = try row[1]
        // A table that was never counted is small, or new.
        let rowCount =
            estimate >= 1 ? Int(estimate) : try connection.query("SELECT count(*) FROM \(name)")[0][0] as Int
        return VectorTable(
            name: name, catalogue: space.catalogueID, number: try row[0], expressions: expressions,
            rowCount: rowCount, hasGraph: try row[2])
    }

    /// An index with other parameters has another name, so that a change of the configuration builds a new one.
    static func graphName(
        _ table: String, _ kind: VectorIndexConfiguration.Kind, _ configuration: VectorIndexConfiguration
    ) -> String {
        "\(table.split(separator: ".").last ?? "")_\(kind.rawValue)_m\(configuration.linkCount)_e\(configuration.buildCandidateCount)"
    }

    func plan(limit: Int, _ configuration: VectorIndexConfiguration) -> SearchPlan {
        SearchPlan(
            rowCount: rowCount, hasGraph: hasGraph, limit: limit, configuration: configuration, kind: expressions.kind)
    }

    /// A condition that holds for all rows: with it the table's key, which begins with the catalogue, finds an image.
    func isOwn(_ alias: String) -> String { "\(alias).catalogue_id = \(catalogue.rawValue)" }
}
