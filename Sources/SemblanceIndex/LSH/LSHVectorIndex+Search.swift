// A search: hash the query, look into buckets, mark what is there, then rank what was marked as the exact index does.
//
// Through a filter, the rows that meet it are fewer than those that are marked. A filter that leaves few is answered
// exactly. With others a search looks into more buckets, until it has as many candidates as it would have had without the
// filter, or has looked into as many more buckets as the filter is strict.

import CVectorKernels
import SemblanceCore

extension LSHVectorIndex {
    /// The share of all vectors that a filter must leave for hashing to pay.
    private static let filterShare = 16

    public func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour] {
        try query.validate(dimension: dimension)
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        var ids: [Int64]?
        if let filter { ids = try await filters.images(matching: filter, in: space.catalogueID).map(\.rawValue) }
        let wanted = ids
        try Task.checkCancellation()
        return try await threads.search.run { [self] in
            do {
                return try search(query, limit: limit, minimumScore: minimumScore, ids: wanted)
            } catch is DamagedRows {
                throw IndexError(.damaged, "A vector in memory no longer meets its checksum: the memory is faulty.")
            }
        }
    }

    private func search(
        _ query: Embedding, limit: Int, minimumScore: Float?, ids: [Int64]?
    ) throws -> [Neighbour] {
        let snapshot = snapshot
        let allowed = Candidates(of: snapshot.segment, ids: ids)
        let count = allowed.count(in: snapshot.segment)
        guard count > 0 else { return [] }
        let prepared = PreparedQuery(query)
        func task(_ candidates: Candidates) -> SearchTask {
            SearchTask(
                prepared, in: snapshot.exact, candidates: [candidates], limit: limit, minimumScore: minimumScore)
        }
        if limit >= count / 4 {
            let everything = task(allowed)
            return Array(try everything.scoreAll(everything.parts(1)[0]).prefix(limit))
        }
        let exactCount = max(options.exactCount, ids == nil ? 0 : snapshot.segment.liveCount / Self.filterShare)
        guard options.exactCount == 0 || count > exactCount else { return try Self.rank(task(allowed)) }
        let rows = probe(query, limit: limit, allowed: allowed.rowSet(in: snapshot.segment), in: snapshot)
        // Fewer than were asked for would be a wrong answer, not an approximate one.
        return try Self.rank(task(rows.count < limit ? allowed : .picked(rows)))
    }

    private static func rank(_ task: SearchTask) throws -> [Neighbour] {
        var scan = CodeScan(task)
        scan.read(task.parts(1)[0])
        return try task.rerank(CodeScan.joining([scan]))
    }

    /// Rows in the buckets that the query should look into, ascending, without those that may not be found.
    /// - Parameter allowed: rows that a filter leaves; `nil` if there is none.
    func probe(_ query: Embedding, limit: Int, allowed: RowSet?, in snapshot: HashedSnapshot) -> [UInt32] {
        var hasher = Hasher(snapshot.planes)
        var margins = hasher.emptyMargins
        query.values.withUnsafeBufferPointer { hasher.project($0.baseAddress!, into: &margins) }
        var probes = ProbeSequence(margins: margins, bitCount: parameters.bitCount)
        var marked = MarkedRows(count: snapshot.segment.count)
        let budget = parameters.probeCount(for: limit)
        marked.mark(&probes, probeCount: budget, in: snapshot.runs)
        guard let allowed else { return marked.rows { ~snapshot.segment.dead.word($0) } }
        let wanted = marked.count()
        var rest = budget * max(0, snapshot.segment.liveCount / max(1, allowed.count) - 1)
        while rest > 0, marked.count(within: allowed.word) < wanted {
            let step = min(budget, rest)
            guard marked.mark(&probes, probeCount: step, in: snapshot.runs) else { break }
            rest -= step
        }
        return marked.rows(within: allowed.word)
    }
}

extension Candidates {
    /// The rows that a filter leaves; `nil` if there is none.
    func rowSet(in segment: Segment) -> RowSet? {
        switch self {
        case .alive: nil
        case .members(let rows): rows
        case .picked(let rows): RowSet(rows, capacity: segment.count)
        }
    }
}

/// Rows that were found in some bucket, each once: a bit a row.
struct MarkedRows {
    private var words: [UInt64]

    init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

    /// Looks into the next buckets. Returns `false` after the last of all.
    @discardableResult
    mutating func mark(_ probes: inout ProbeSequence, probeCount: Int, in runs: [HashedRun]) -> Bool {
        words.withUnsafeMutableBufferPointer { words in
            for _ in 0..<probeCount {
                guard let probe = probes.next() else { return false }
                for run in runs {
                    run.tables[probe.table].forEachRow(probe.key) { row in
                        words[Int(row >> 6)] |= 1 << UInt64(row & 63)
                    }
                }
            }
            return true
        }
    }

    /// - Parameter mask: 64 rows each, as bits: those that count.
    func count(within mask: (Int) -> UInt64 = { _ in ~0 }) -> Int {
        words.indices.reduce(0) { words[$1] == 0 ? $0 : $0 + (words[$1] & mask($1)).nonzeroBitCount }
    }

    /// Ascending.
    func rows(within mask: (Int) -> UInt64) -> [UInt32] {
        var rows: [UInt32] = []
        for index in words.indices where words[index] != 0 {
            var word = words[index] & mask(index)
            while word != 0 {
                rows.append(UInt32(64 * index + word.trailingZeroBitCount))
                word &= word - 1
            }
        }
        return rows
    }
}
