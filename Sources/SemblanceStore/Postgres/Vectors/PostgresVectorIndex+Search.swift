import SemblanceCore

extension PostgresVectorIndex {
    /// Exact, or by HNSW and then ranked by the exact scores, as `SearchPlan` chooses. A search through HNSW that comes
    /// back with fewer than there are is done again exactly, so that none is ever short of results.
    public func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour] {
        try check(query)
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        return try await withTable(orElse: []) { [configuration, keys] connection, table in
            let search = VectorSearch(
                table: table, plan: table.plan(limit: limit, configuration), keys: keys, query: query, limit: limit,
                minimumScore: minimumScore)
            return try filter.map { try search.run(matching: $0, connection) } ?? search.run(connection)
        }
    }

    /// How a search through HNSW would be done now, for tests.
    package func explain(near query: Embedding, limit: Int, matching filter: MetadataFilter?) async throws -> String {
        try await withTable(orElse: "no table") { [configuration, keys] connection, table in
            let search = VectorSearch(
                table: table, plan: table.plan(limit: limit, configuration), keys: keys, query: query, limit: limit,
                minimumScore: nil)
            let (sql, parameters) = try search.graphStatement(matching: filter, connection)
            try connection.set(search.plan.settings)
            let rows = try connection.query("EXPLAIN (COSTS OFF) " + sql, parameters, isPrepared: false)
            return try rows.map { try $0[0] as String }.joined(separator: "\n")
        }
    }

    /// What a search without a filter sends, for others to measure: `$1` is the query, `$2` the candidates, `$3` the limit.
    package func graphStatement(
        near query: Embedding, limit: Int
    ) async throws -> (sql: String, candidateCount: Int, settings: [String: String])? {
        try await withTable(orElse: nil) { [configuration, keys] connection, table in
            let plan = table.plan(limit: limit, configuration)
            let search = VectorSearch(
                table: table, plan: plan, keys: keys, query: query, limit: limit, minimumScore: nil)
            let sql = try search.graphStatement(matching: nil, connection).sql
            let settings = Dictionary(uniqueKeysWithValues: plan.settings.map { ($0.name, $0.value) })
            return (sql, plan.candidateCount, settings)
        }
    }
}

/// One search, by statements on one connection.
struct VectorSearch: Sendable {
    let table: VectorTable
    let plan: SearchPlan
    let keys: MetadataKeyTree
    let query: Embedding
    let limit: Int
    let minimumScore: Float?

    private var expressions: VectorExpressions { table.expressions }
    /// The least score as the greatest distance; every distance is below 2.
    private var maximumDistance: Double { minimumScore.map { -Double($0) } ?? 2 }

    func run(_ connection: PostgresConnection) throws -> [Neighbour] {
        if !plan.isExact, let found = try searchGraph(matching: nil, connection) { return found }
        return try scan(matching: nil, connection)
    }

    func run(matching filter: MetadataFilter, _ connection: PostgresConnection) throws -> [Neighbour] {
        if let found = try readFew(matching: filter, connection) { return found }
        if table.hasGraph, let found = try searchGraph(matching: filter, connection) { return found }
        return try scan(matching: filter, connection)
    }

    /// Reads every vector.
    private func scan(matching filter: MetadataFilter?, _ connection: PostgresConnection) throws -> [Neighbour] {
        var condition = PostgresCondition()
        // Adding zero keeps the planner from taking the order of an index, which would be approximate.
        let distance = "(\(expressions.distance("e", condition.bind(.vector(query.values))))) + 0"
        let (maximum, count) = (condition.bind(.real(maximumDistance)), condition.bind(.integer(limit)))
        let filter = try self.condition(filter, &condition, .byValue, connection)
        return try neighbours(
            connection.query(
                """
                SELECT image_id, distance FROM (
                    SELECT e.image_id, \(distance) AS distance FROM \(table.name) AS e \(filter)
                    ORDER BY distance, e.image_id LIMIT \(count)
                ) AS nearest WHERE distance <= \(maximum)
                """, condition.parameters))
    }

    private func condition(
        _ filter: MetadataFilter?, _ condition: inout PostgresCondition, _ lookUp: MetadataFilter.LookUp,
        _ connection: PostgresConnection
    ) throws -> String {
        guard let filter else { return "" }
        let sql = try filter.sql(&condition, keys, in: table.catalogue, connection, column: "e.image_id", lookUp)
        return "WHERE \(sql)"
    }

    /// Reads the vectors of the images that a filter leaves, if they are few enough for that to be the quickest.
    ///
    /// One statement decides and searches: the filter is resolved up to the bound, which takes well under a
    /// millisecond for a thousand images.
    /// - Returns: `nil` if they are too many.
    private func readFew(matching filter: MetadataFilter, _ connection: PostgresConnection) throws -> [Neighbour]? {
        let bound = plan.exactCount
        var condition = PostgresCondition()
        let distance = expressions.distance("e", condition.bind(.vector(query.values)))
        let (most, count) = (condition.bind(.integer(bound)), condition.bind(.integer(limit)))
        let maximum = condition.bind(.real(maximumDistance))
        let images = try filter.imageQuery(&condition, keys, in: table.catalogue, connection)
        // OFFSET 0 keeps the planner from turning the look-ups by number into a scan of all vectors.
        let rows = try connection.query(
            """
            WITH matching (image_id) AS MATERIALIZED (\(images) LIMIT \(most) + 1),
                size AS MATERIALIZED (SELECT count(*) AS count FROM matching)
            SELECT nearest.image_id, nearest.distance, size.count FROM size LEFT JOIN LATERAL (
                SELECT matching.image_id, vectors.distance FROM matching CROSS JOIN LATERAL (
                    SELECT \(distance) AS distance FROM \(table.name) AS e
                    WHERE \(table.isOwn("e")) AND e.image_id = matching.image_id OFFSET 0
                ) AS vectors
                WHERE size.count <= \(most) AND vectors.distance <= \(maximum)
                ORDER BY vectors.distance, matching.image_id LIMIT \(count)
            ) AS nearest ON TRUE
            """, condition.parameters)
        guard let size: Int = try rows.first?[2], size <= bound else { return nil }
        return try neighbours(rows)
    }

    /// - Returns: `nil` if the graph gave less than was asked for.
    private func searchGraph(matching filter: MetadataFilter?, _ connection: PostgresConnection) throws -> [Neighbour]?
    {
        let (sql, parameters) = try graphStatement(matching: filter, connection)
        try connection.set(plan.settings)
        let found = try neighbours(connection.query(sql, parameters))
        guard found.count == limit else { return nil }
        guard let minimumScore else { return found }
        return Array(found.prefix { $0.score >= minimumScore })
    }

    /// Takes candidates out of the graph, then ranks them by their exact distances.
    func graphStatement(
        matching filter: MetadataFilter?, _ connection: PostgresConnection
    ) throws -> (sql: String, parameters: [PostgresValue]) {
        var condition = PostgresCondition()
        let query = condition.bind(.vector(query.values))
        let (candidates, count) = (condition.bind(.integer(plan.candidateCount)), condition.bind(.integer(limit)))
        let filter = try self.condition(filter, &condition, .byImage, connection)
        // The planner believes in the order of an iterative scan; adding zero makes it sort.
        let sql = """
            SELECT image_id, distance FROM (
                SELECT e.image_id, \(expressions.distance("e", query)) AS distance FROM \(table.name) AS e \(filter)
                ORDER BY \(expressions.indexDistance("e", query)) LIMIT \(candidates)
            ) AS candidates ORDER BY distance + 0, image_id LIMIT \(count)
            """
        return (sql, condition.parameters)
    }

    private func neighbours(_ rows: PostgresRows) throws -> [Neighbour] {
        var found: [Neighbour] = []
        found.reserveCapacity(rows.count)
        for row in rows {
            guard let id: Int64 = try row.optional(0) else { continue }
            found.append(Neighbour(id: CatalogueImage.ID(rawValue: id), score: Float(-(try row[1] as Double))))
        }
        return found
    }
}

extension SearchPlan {
    /// pgvector's settings. With `relaxed_order` an iterative scan keeps what it finds late; it is sorted afterwards.
    var settings: [ConnectionSetting] {
        [
            ConnectionSetting("hnsw.iterative_scan", "relaxed_order"),
            ConnectionSetting("hnsw.ef_search", "\(searchCandidateCount)"),
            ConnectionSetting("hnsw.max_scan_tuples", "\(maximumScanCount)"),
            ConnectionSetting("hnsw.scan_mem_multiplier", "8"),
        ]
    }
}
