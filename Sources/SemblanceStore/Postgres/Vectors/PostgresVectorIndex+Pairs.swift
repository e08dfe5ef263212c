// Pairs of similar images.
//
// Without an HNSW index every vector is compared with every later one. With one, each is looked up in it, and the pairs
// are found from both of their sides: as many neighbours are taken as are similar enough, so that a group of copies is
// found whole. Images are taken by the hundred, so that no statement is long and a cancelled task ends soon.

import SemblanceCore

extension PostgresVectorIndex {
    /// Through HNSW pairs may be missed with the small probability with which a search misses a neighbour.
    public func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair] {
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        guard !minimumScore.isNaN else { throw RequestError(.invalidScore, "A score is a number from -1 to 1.") }
        var best = BestPairs(limit: limit, minimumScore: minimumScore)
        var cursor = Int64.min
        while true {
            try Task.checkCancellation()
            let (after, floor) = (cursor, best.floor)
            let step = try await withTable(orElse: PairStep.nothing) { [configuration] connection, table in
                try PairSearch(table: table, configuration: configuration, floor: floor, limit: limit)
                    .step(after: after, connection)
            }
            best.add(step.pairs)
            guard let last = step.last else { return best.sorted }
            cursor = last
        }
    }
}

/// What some images are similar to.
private struct PairStep: Sendable {
    let pairs: [NeighbourPair]
    /// The last image that was looked at; `nil` if there was none.
    let last: Int64?

    static let nothing = PairStep(pairs: [], last: nil)
}

private struct PairSearch {
    /// Images looked at by one statement, and pairs of vectors that it may compare.
    private static let maximumStepSize = 100
    private static let maximumComparisonCount = 5_000_000
    /// Neighbours asked for first.
    private static let firstCount = 20

    let table: VectorTable
    let configuration: VectorIndexConfiguration
    /// The least score.
    let floor: Float
    let limit: Int

    private var stepSize: Int {
        guard !table.hasGraph else { return Self.maximumStepSize }
        return min(Self.maximumStepSize, max(1, Self.maximumComparisonCount / max(1, table.rowCount)))
    }

    func step(after cursor: Int64, _ connection: PostgresConnection) throws -> PairStep {
        let ids: [Int64] = try connection.query(
            "SELECT image_id FROM \(table.name) AS e WHERE \(table.isOwn("e")) AND image_id > $1 "
                + "ORDER BY image_id LIMIT $2", [.integer(cursor), .integer(stepSize)]
        ).map { try $0[0] }
        guard let last = ids.last else { return .nothing }
        let pairs = table.hasGraph ? try approximate(ids, connection) : try exact(ids, connection)
        return PairStep(pairs: pairs, last: last)
    }

    private func exact(_ ids: [Int64], _ connection: PostgresConnection) throws -> [NeighbourPair] {
        try pairs(
            connection.query(
                """
                SELECT one, other, distance FROM (
                    SELECT a.image_id AS one, b.image_id AS other, \(distance) AS distance
                    FROM \(table.name) AS a JOIN \(table.name) AS b ON b.image_id > a.image_id
                    WHERE \(table.isOwn("a")) AND a.image_id = ANY($1) OFFSET 0
                ) AS compared WHERE distance <= $2
                """, [.integers(ids), .real(-Double(floor))]))
    }

    /// Each image's nearest, and more of them for those whose list was too short.
    private func approximate(_ ids: [Int64], _ connection: PostgresConnection) throws -> [NeighbourPair] {
        var found: [NeighbourPair] = []
        var (open, count) = (ids, Self.firstCount)
        while !open.isEmpty {
            let pairs = try neighbours(of: open, count, connection)
            let lengths = Dictionary(pairs.map { ($0.0, 1) }, uniquingKeysWith: +)
            // Nobody needs more pairs of one image than of all.
            let full = count < limit ? Set(open.filter { lengths[$0, default: 0] >= count }) : []
            found += pairs.compactMap { full.contains($0.0) ? nil : $0.1 }
            open = open.filter(full.contains)
            count *= 4
        }
        return found
    }

    /// The nearest that are similar enough, itself among them at most once: left out here.
    private func neighbours(
        of ids: [Int64], _ count: Int, _ connection: PostgresConnection
    ) throws -> [(Int64, NeighbourPair)] {
        let plan = table.plan(limit: count, configuration)
        try connection.set(plan.settings)
        let rows = try connection.query(
            """
            SELECT near.one, near.other, near.distance FROM unnest($1::int8[]) AS given (id) CROSS JOIN LATERAL (
                SELECT a.image_id AS one, b.image_id AS other, \(distance) AS distance
                FROM \(table.name) AS a CROSS JOIN LATERAL (
                    SELECT e.image_id, e.vector FROM \(table.name) AS e
                    ORDER BY \(table.expressions.indexDistance("e", "a.vector")) LIMIT $2
                ) AS b
                WHERE \(table.isOwn("a")) AND a.image_id = given.id
            ) AS near WHERE near.one <> near.other AND near.distance <= $3
            """, [.integers(ids), .integer(plan.candidateCount), .real(-Double(floor))])
        return try rows.map { (try $0[0], try pair($0)) }
    }

    private var distance: String { table.expressions.distance("b", "a.vector") }

    private func pairs(_ rows: PostgresRows) throws -> [NeighbourPair] { try rows.map(pair) }

    private func pair(_ row: PostgresRow) throws -> NeighbourPair {
        let (one, other): (Int64, Int64) = (try row[0], try row[1])
        return NeighbourPair(
            first: CatalogueImage.ID(rawValue: min(one, other)), second: CatalogueImage.ID(rawValue: max(one, other)),
            score: Float(-(try row[2] as Double)))
    }
}

/// The most similar of many pairs, each once; memory is bounded by the limit.
private struct BestPairs {
    private let limit: Int
    private var pairs: Set<NeighbourPair> = []
    /// Lower scores are of no use any more.
    private(set) var floor: Float

    init(limit: Int, minimumScore: Float) {
        self.limit = limit
        floor = minimumScore
    }

    mutating func add(_ new: [NeighbourPair]) {
        pairs.formUnion(new)
        guard pairs.count > 2 * limit + 10_000 else { return }
        let kept = sorted
        pairs = Set(kept)
        floor = max(floor, kept.last?.score ?? floor)
    }

    var sorted: [NeighbourPair] {
        Array(pairs.sorted { ($1.score, $0.first, $0.second) < ($0.score, $1.first, $1.second) }.prefix(limit))
    }
}
