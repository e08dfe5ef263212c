import SemblanceCore

/// Builds the HNSW index of a table, by statements on one connection.
struct VectorIndexBuilder: Sendable {
    let configuration: VectorIndexConfiguration

    /// "HNSW": the first half of an advisory lock's number.
    private static let lockClass = 0x484E_5357

    /// - Returns: `nil` if the index is to be built.
    func outcomeWithoutBuilding(_ table: VectorTable, _ connection: PostgresConnection) throws -> IndexBuildOutcome? {
        if table.hasGraph { return .present }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM \(table.name) LIMIT $1) AS few"
        let count: Int = try connection.query(sql, [.integer(configuration.minimumCount)])[0][0]
        return count < configuration.minimumCount ? .notNeeded : nil
    }

    func build(
        _ table: VectorTable, _ connection: PostgresConnection, _ session: BuildSession
    ) throws -> IndexBuildOutcome {
        let lock: [PostgresValue] = [.integer(Self.lockClass), .integer(table.number)]
        // Numbers of tables are unsigned; halves of a lock's number are not.
        let half = "(CASE WHEN $2 > 2147483647 THEN $2 - 4294967296 ELSE $2 END)::int4"
        guard try connection.query("SELECT pg_try_advisory_lock($1::int4, \(half))", lock)[0][0] else {
            return .underway
        }
        defer { _ = try? connection.query("SELECT pg_advisory_unlock($1::int4, \(half))", lock) }
        let name = VectorTable.graphName(table.name, table.expressions.kind, configuration)
        let graphs = try self.graphs(of: table, connection)
        // Whoever held the lock before may have built it.
        guard !graphs.contains(where: { $0.name == name && $0.isValid }) else { return .present }
        // Transactions that are older may take their time.
        let settings = [("lock_timeout", "0"), ("maintenance_work_mem", "\(configuration.buildMegabytes)MB")]
        try connection.with(settings) {
            for graph in graphs where !graph.isValid { try drop(graph.name, connection) }
            try session.begin(
                BuildSession.Build(
                    process: try connection.query("SELECT pg_backend_pid()::int8")[0][0], rowCount: table.rowCount))
            defer { session.end() }
            try create(name, on: table, connection)
            for graph in graphs where graph.isValid { try drop(graph.name, connection) }
        }
        // How many vectors there are decides how searches are done.
        try connection.script("ANALYZE \(table.name) (image_id)")
        return .built
    }

    private func create(_ name: String, on table: VectorTable, _ connection: PostgresConnection) throws {
        let sql = """
            CREATE INDEX CONCURRENTLY \(name) ON \(table.name) USING hnsw (\(table.expressions.indexKey))
            WITH (m = \(configuration.linkCount), ef_construction = \(configuration.buildCandidateCount))
            """
        do {
            try attempt(sql, name, connection)
        } catch let failure as PostgresFailure where failure.kind == .statement(.diskFull) {
            // Several processes share the graph through a file system that is small in many containers; one alone does
            // not need it.
            try connection.with([("max_parallel_maintenance_workers", "0")]) { try attempt(sql, name, connection) }
        }
    }

    /// Leaves nothing behind when it fails: an invalid index would slow insertions down.
    private func attempt(_ sql: String, _ name: String, _ connection: PostgresConnection) throws {
        do {
            try connection.script(sql)
        } catch {
            try? drop(name, connection)
            throw error
        }
    }

    private func drop(_ name: String, _ connection: PostgresConnection) throws {
        try connection.script("DROP INDEX CONCURRENTLY IF EXISTS semblance.\(name)")
    }

    private struct Graph {
        let name: String
        let isValid: Bool
    }

    private func graphs(of table: VectorTable, _ connection: PostgresConnection) throws -> [Graph] {
        try connection.query(
            """
            SELECT class.relname::text, indisvalid FROM pg_index
            JOIN pg_class AS class ON class.oid = indexrelid JOIN pg_am ON pg_am.oid = class.relam
            WHERE indrelid = $1::int8::oid AND amname = 'hnsw'
            """, [.integer(table.number)]
        ).map { Graph(name: try $0[0], isValid: try $0[1]) }
    }

    /// How far a build is; `nil` before it begins.
    static func progress(
        of build: BuildSession.Build, _ connection: PostgresConnection
    ) throws -> IndexBuildProgress? {
        let row = try connection.query(
            "SELECT phase, tuples_done, tuples_total FROM pg_stat_progress_create_index WHERE pid = $1::int8::int4",
            [.integer(build.process)]
        ).first
        guard let row else { return nil }
        // pgvector does not say how many there are.
        let (done, total): (Int, Int) = (try row[1], try row[2])
        return IndexBuildProgress(phase: try row[0], done: done, total: total > 0 ? total : max(done, build.rowCount))
    }
}
