// The second phase of a search: exact scores.
//
// Hits come in descending order of their upper bounds. Once `limit` exact scores are known, a hit whose upper bound is
// below the worst of them ends the work: neither it nor any later one can be among the nearest.

import SemblanceCore

extension SearchTask {
    /// - Parameter hits: in descending order of upper bounds.
    /// - Throws: `DamagedRows`.
    func rerank(_ hits: [CodeScan.Hit]) throws -> [Neighbour] {
        var best = BestFew<Neighbour>(limit: limit, by: Neighbour.isNearer)
        for hit in hits {
            if let last = best.last, hit.upper < Double(last.score) { break }
            let neighbour = try neighbour(at: Int(hit.row.row), segment: Int(hit.row.segment))
            if neighbour.score >= leastScore { best.offer(neighbour) }
        }
        return best.sorted
    }

    /// Scores every candidate in some ranges: for a `limit` that is a big share of them.
    /// - Returns: the nearest `limit`, in order.
    /// - Throws: `DamagedRows`.
    func scoreAll(_ ranges: [Range<Int>]) throws -> [Neighbour] {
        var found: [Neighbour] = []
        for (segment, range) in ranges.enumerated() {
            for place in range {
                let row = candidates[segment].row(at: place)
                guard candidates[segment].contains(row, in: snapshot.segments[segment]) else { continue }
                let neighbour = try neighbour(at: row, segment: segment)
                if neighbour.score >= leastScore { found.append(neighbour) }
            }
        }
        return Array(found.sorted(by: Neighbour.isNearer).prefix(limit))
    }

    private func neighbour(at row: Int, segment: Int) throws -> Neighbour {
        let storage = snapshot.segments[segment].storage
        guard storage.hasSoundVector(row) else {
            throw DamagedRows(rows: [RowReference(segment: UInt32(segment), row: UInt32(row))])
        }
        return Neighbour(id: .init(rawValue: storage.id(row)), score: query.score(storage.vector(row)))
    }
}
