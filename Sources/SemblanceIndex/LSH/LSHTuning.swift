// Choosing bits, tables and probes for a wanted recall.
//
// Some vectors are held out as queries; the others are what is searched. The true neighbours of every query are found by
// an exact search. Then, for every number of bits and tables on a grid, all queries look into one bucket after the other
// until, in the mean over the first half of the queries, the wanted share of true neighbours was met: that is the number
// of probes this layout needs. Of the layouts that reach it the one with the lowest estimated time is taken. The second
// half of the queries has had no part in this; the recall reported is theirs.
//
// The estimated time counts what a search does: dot products with planes, buckets, candidates. What each is worth is
// estimated and fixed here (docs/lsh.md), so that the same vectors and seed give the same parameters on every
// machine and every day.

import Dispatch
import SemblanceCore

/// How parameters are to be chosen.
public struct LSHTuning: Hashable, Sendable {
    /// The share of true neighbours that a search should find in the mean. More than 0, less than 1. Default 0.95.
    public var recall = 0.95
    /// Neighbours that are looked for. Default 10.
    public var limit = 10
    /// Vectors held out, half of them to choose with and half to check with. Default 400; 20 or more, and at most a fifth
    /// of all.
    public var queryCount = 400
    /// Vectors looked at, at most; evenly spread. Default 100,000.
    public var sampleCount = 100_000
    /// Tables, at most: each costs 4 to 12 bytes a vector. Default 32.
    public var maximumTableCount = 32
    /// Decides which vectors are held out, and the hyperplanes.
    public var seed: UInt64 = 1

    /// With fewer vectors a tenth of them says nothing.
    public static let fewestVectors = 100

    public init() {}

    /// - Throws: `index-invalid-parameters`.
    public func validate() throws {
        func refuse(_ text: String) -> IndexError { IndexError(.invalidParameters, text) }
        guard recall > 0, recall < 1 else { throw refuse("expected a recall between 0 and 1, not \(recall)") }
        guard limit >= 1 else { throw refuse("expected a limit of 1 or more, not \(limit)") }
        guard queryCount >= 20 else { throw refuse("expected 20 held-out vectors or more, not \(queryCount)") }
        guard sampleCount >= 200 else { throw refuse("expected a sample of 200 vectors or more, not \(sampleCount)") }
        guard LSHParameters.tableCounts.contains(maximumTableCount) else {
            throw refuse("expected 1 to 256 tables, not \(maximumTableCount)")
        }
    }
}

/// Parameters, and what they were found to do.
public struct TunedLSHParameters: Hashable, Sendable {
    public var parameters: LSHParameters
    /// On the queries that had no part in the choice.
    public let checkedRecall: Double
    /// On the queries that decided.
    public let chosenRecall: Double
    /// The share of vectors that a search ranks, in the mean.
    public let candidateShare: Double
    /// Vectors that were searched.
    public let sampleCount: Int
    /// Whether the wanted recall was reached; if not, these parameters came closest.
    public let isReached: Bool
}

extension LSHTuning {
    /// Layouts that are tried.
    private struct Layout: Hashable {
        let bitCount: Int
        let tableCount: Int
    }

    /// Chooses parameters for vectors like these. Takes seconds; blocks; uses all cores.
    /// - Throws: `index-invalid-parameters`, also for fewer than `fewestVectors`.
    public func parameters(for vectors: [Embedding]) throws -> TunedLSHParameters {
        try validate()
        guard vectors.count >= Self.fewestVectors else {
            throw IndexError(
                .invalidParameters, "expected \(Self.fewestVectors) vectors or more to tune with, not \(vectors.count)")
        }
        let (rows, queries) = split(vectors)
        return try parameters(for: rows, queries: queries)
    }

    /// Chooses parameters for searching among `rows` with queries like these, which are not among them.
    ///
    /// For a collection whose vectors are not like the queries that will come: held-out vectors would be of the wrong
    /// kind, and the recall found on them as well.
    /// - Parameter queries: half to choose with, half to check with; 20 or more.
    /// - Throws: `index-invalid-parameters`.
    public func parameters(for rows: [Embedding], queries: [Embedding]) throws -> TunedLSHParameters {
        try validate()
        guard rows.count >= 80, queries.count >= 20 else {
            throw IndexError(
                .invalidParameters,
                "expected 80 vectors and 20 queries or more to tune with, not \(rows.count) and \(queries.count)")
        }
        let bench = TuningBench(rows: sample(of: rows), queries: queries.map(\.values), tuning: self)
        let layouts = layouts(for: bench.rowCount)
        var trials = [TuningTrial?](repeating: nil, count: layouts.count)
        trials.withUnsafeMutableBufferPointer { buffer in
            let results = Results(base: buffer.baseAddress!)
            DispatchQueue.concurrentPerform(iterations: layouts.count) { number in
                let layout = layouts[number]
                results.base[number] = bench.trial(bitCount: layout.bitCount, tableCount: layout.tableCount)
            }
        }
        let tried = trials.compactMap { $0 }
        let reached = tried.filter { $0.chosenRecall >= recall }
        let best =
            reached.min { ($0.cost, $0.tableCount) < ($1.cost, $1.tableCount) }
            ?? tried.max { ($0.chosenRecall, -$0.cost) < ($1.chosenRecall, -$1.cost) }
        guard let best else { throw IndexError(.failed, "no layout of the hash tables could be tried") }
        return best.tuned(self, rowCount: bench.rowCount, isReached: !reached.isEmpty)
    }

    /// Evenly spread, at most `sampleCount`.
    private func sample(of vectors: [Embedding]) -> [Embedding] {
        let step = max(1, (vectors.count + sampleCount - 1) / sampleCount)
        return stride(from: 0, to: vectors.count, by: step).map { vectors[$0] }
    }

    /// A sample of the vectors, without some that are drawn from it at random.
    private func split(_ vectors: [Embedding]) -> (rows: [Embedding], queries: [Embedding]) {
        var sample = sample(of: vectors)
        var generator = SplitMix64(seed: seed)
        let queryCount = min(queryCount, sample.count / 5)
        // The first places of a Fisher–Yates shuffle.
        for place in 0..<queryCount {
            sample.swapAt(place, place + Int(generator.next(below: UInt64(sample.count - place))))
        }
        return (Array(sample[queryCount...]), Array(sample[..<queryCount]))
    }

    /// `@unchecked Sendable`: each iteration writes to a place of its own.
    private struct Results: @unchecked Sendable {
        let base: UnsafeMutablePointer<TuningTrial?>
    }

    /// Keys that split the vectors into many more buckets than there are vectors would only be slower to look up.
    private func layouts(for count: Int) -> [Layout] {
        let mostBits = min(24, Int.bitWidth - count.leadingZeroBitCount + 3)
        let tableCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256].filter { $0 <= maximumTableCount }
        return stride(from: 4, through: mostBits, by: 2).flatMap { bits in
            tableCounts.map { Layout(bitCount: bits, tableCount: $0) }
        }
    }
}
