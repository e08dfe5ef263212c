import CVectorKernels
import Dispatch
import SemblanceCore

/// Vectors split into queries and rows, the queries' true neighbours, and everybody's keys for the largest layout: a
/// smaller one has a part of them.
struct TuningBench: Sendable {
    /// Share of rows that a search ranks at which scanning all of them would be quicker.
    private static let largestCandidateShare = 0.25
    private static let largestProbeCount = 8192

    private let tuning: LSHTuning
    private let dimension: Int
    private let queries: [[Float]]
    let rowCount: Int
    /// Each query's true neighbours, as rows.
    private let neighbours: [[UInt32]]
    /// Of the largest layout, row by row.
    private let keys: [UInt32]
    private let planes: Hyperplanes
    /// Of the largest layout, one list a query.
    private let margins: [[Float]]

    init(rows: [Embedding], queries: [[Float]], tuning: LSHTuning) {
        self.tuning = tuning
        self.queries = queries
        dimension = rows[0].dimension
        rowCount = rows.count
        let bitCount = min(24, Int.bitWidth - rows.count.leadingZeroBitCount + 3)
        planes = Hyperplanes(
            dimension: dimension, bitCount: bitCount, tableCount: tuning.maximumTableCount, seed: tuning.seed,
            centre: LSHVectorIndex.centre(of: rows))
        keys = Self.keys(of: rows, planes)
        let limit = tuning.limit
        neighbours = Self.onAllCores(queries.count) { Self.nearest(queries[$0], among: rows, limit: limit) }
        margins = Self.onAllCores(queries.count) { [planes] query in
            var hasher = Hasher(planes)
            var margins = hasher.emptyMargins
            hasher.project(queries[query], into: &margins)
            return margins
        }
    }

    private static func keys(of rows: [Embedding], _ planes: Hyperplanes) -> [UInt32] {
        let blocks = onAllCores((rows.count + 255) / 256) { block in
            var hasher = Hasher(planes)
            var margins = hasher.emptyMargins
            return rows[(256 * block)..<min(256 * block + 256, rows.count)].flatMap { row in
                hasher.keys(row.values, margins: &margins)
            }
        }
        return Array(blocks.joined())
    }

    private static func nearest(_ query: [Float], among rows: [Embedding], limit: Int) -> [UInt32] {
        var best = BestFew<Neighbour>(limit: limit, by: Neighbour.isNearer)
        let instructionSet = cvk_best_isa()
        for (row, vector) in rows.enumerated() {
            let score = Float(cvk_dot_float(instructionSet, query, vector.values, query.count))
            best.offer(Neighbour(id: .init(rawValue: Int64(row)), score: score))
        }
        return best.sorted.map { UInt32($0.id.rawValue) }
    }
}

extension TuningBench {
    /// Finds how many probes one layout needs.
    func trial(bitCount: Int, tableCount: Int) -> TuningTrial {
        let tables = self.tables(bitCount: bitCount, tableCount: tableCount)
        let chosenCount = queries.count / 2
        let progress = queries.indices.map {
            self.progress(of: $0, in: tables, bitCount: bitCount, tableCount: tableCount)
        }
        func mean(_ range: Range<Int>, _ value: (QueryProgress) -> Double) -> Double {
            progress[range].reduce(0) { $0 + value($1) } / Double(max(1, range.count))
        }
        let checkpoints = Self.checkpoints(from: tableCount)
        func recall(_ range: Range<Int>, _ point: Int) -> Double { mean(range) { $0.recall(at: point) } }
        let point =
            checkpoints.indices.first { recall(0..<chosenCount, $0) >= tuning.recall } ?? checkpoints.count - 1
        return TuningTrial(
            bitCount: bitCount, tableCount: tableCount, probeCount: checkpoints[point],
            chosenRecall: recall(0..<chosenCount, point), checkedRecall: recall(chosenCount..<queries.count, point),
            candidateCount: mean(0..<queries.count) { Double($0.candidates(at: point)) }, dimension: dimension)
    }

    private func tables(bitCount: Int, tableCount: Int) -> [HashTable] {
        let mask = UInt32(1) << UInt32(bitCount) - 1
        let width = planes.tableCount
        return (0..<tableCount).map { table in
            let column = (0..<rowCount).map { keys[$0 * width + table] & mask }
            return HashTable(column, count: rowCount, firstRow: 0, bitCount: bitCount)
        }
    }

    /// Numbers of probes, each about a fifth more than the one before.
    private static func checkpoints(from tableCount: Int) -> [Int] {
        var points = [tableCount]
        while points[points.count - 1] < largestProbeCount {
            points.append(max(points[points.count - 1] + 1, points[points.count - 1] * 6 / 5))
        }
        return points
    }

    /// What one query has met after so many probes.
    private struct QueryProgress {
        private var met: [Int] = []
        private var candidateCounts: [Int] = []
        let neighbourCount: Int

        init(neighbourCount: Int) { self.neighbourCount = neighbourCount }

        mutating func append(met count: Int, candidates: Int) {
            met.append(count)
            candidateCounts.append(candidates)
        }

        /// A query that stopped early had too many candidates: it meets no more.
        func recall(at point: Int) -> Double {
            Double(met[min(point, met.count - 1)]) / Double(max(1, neighbourCount))
        }
        func candidates(at point: Int) -> Int { candidateCounts[min(point, met.count - 1)] }
    }

    private func progress(
        of query: Int, in tables: [HashTable], bitCount: Int, tableCount: Int
    ) -> QueryProgress {
        let all = margins[query]
        let part = (0..<tableCount).flatMap { table in
            all[(table * planes.bitCount)..<(table * planes.bitCount + bitCount)]
        }
        var probes = ProbeSequence(margins: part, bitCount: bitCount)
        var seen = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
        let wanted = neighbours[query]
        var progress = QueryProgress(neighbourCount: wanted.count)
        var (met, candidates, probeCount) = (0, 0, 0)
        let largest = Int(Double(rowCount) * Self.largestCandidateShare)
        for point in Self.checkpoints(from: tableCount) {
            while probeCount < point, let probe = probes.next() {
                probeCount += 1
                tables[probe.table].forEachRow(probe.key) { row in
                    let bit: UInt64 = 1 << UInt64(row & 63)
                    guard seen[Int(row >> 6)] & bit == 0 else { return }
                    seen[Int(row >> 6)] |= bit
                    candidates += 1
                    if wanted.contains(row) { met += 1 }
                }
            }
            progress.append(met: met, candidates: candidates)
            if candidates > largest || probeCount < point { break }
        }
        return progress
    }

    private static func onAllCores<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) -> Value
    ) -> [Value] {
        Array(unsafeUninitializedCapacity: count) { buffer, initializedCount in
            let places = Places(base: buffer.baseAddress)
            DispatchQueue.concurrentPerform(iterations: count) { (places.base! + $0).initialize(to: body($0)) }
            initializedCount = count
        }
    }

    /// `@unchecked Sendable`: each iteration writes to a place of its own.
    private struct Places<Value>: @unchecked Sendable {
        let base: UnsafeMutablePointer<Value>?
    }
}

/// One layout with the probes that it needs.
struct TuningTrial: Sendable {
    let bitCount: Int
    let tableCount: Int
    let probeCount: Int
    let chosenRecall: Double
    let checkedRecall: Double
    let candidateCount: Double
    let dimension: Int

    /// Nanoseconds of a search, roughly: a plane's component from the cache, a bucket, a candidate's codes from memory.
    /// Estimates, not measurements: the same on every machine.
    var cost: Double {
        let planes = Double(bitCount * tableCount * dimension) * 0.012
        let buckets = Double(probeCount) * 110
        let candidates = candidateCount * (60 + 0.10 * Double(dimension))
        return planes + buckets + candidates
    }

    func tuned(_ tuning: LSHTuning, rowCount: Int, isReached: Bool) -> TunedLSHParameters {
        TunedLSHParameters(
            parameters: LSHParameters(
                bitCount: bitCount, tableCount: tableCount, probeCount: probeCount, limit: tuning.limit,
                seed: tuning.seed),
            checkedRecall: checkedRecall, chosenRecall: chosenRecall,
            candidateShare: candidateCount / Double(max(1, rowCount)), sampleCount: rowCount, isReached: isReached)
    }
}
