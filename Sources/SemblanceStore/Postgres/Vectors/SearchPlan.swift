// Choosing between an exact scan and HNSW.
//
// An exact scan reads every vector that the filter leaves, m of them. HNSW reads about `ef_search` candidates and then,
// since only one in N/m passes the filter, k·N/m for k results. A candidate costs as much as several vectors of a scan:
// it is found by comparing it with the links of others, all over memory. Both cost the same where
//
//     m = c · (ef_search + k·N/m)
//
// with c for the price of a candidate. The exact scan is taken up to that m. docs/decisions/0012-exact-or-hnsw.md has the measurements.

/// What is known of an index when a search is planned.
package struct SearchPlan: Hashable, Sendable {
    /// Vectors in the index.
    let rowCount: Int
    let hasGraph: Bool
    /// Vectors wanted.
    let limit: Int
    let configuration: VectorIndexConfiguration
    let kind: VectorIndexConfiguration.Kind

    package init(
        rowCount: Int, hasGraph: Bool, limit: Int, configuration: VectorIndexConfiguration,
        kind: VectorIndexConfiguration.Kind
    ) {
        self.rowCount = rowCount
        self.hasGraph = hasGraph
        self.limit = limit
        self.configuration = configuration
        self.kind = kind
    }

    /// What a candidate of HNSW costs in vectors of an exact scan.
    private static let candidateCost = 8
    /// HNSW's own maximum of `ef_search`.
    private static let maximumCandidateCount = 1000
    /// pgvector's default of `hnsw.max_scan_tuples`: less would never pay.
    private static let minimumScanCount = 20_000
    /// A scan by single rows costs more than one through the whole table when it needs more than one row in eight.
    private static let singleRowCost = 8

    /// Candidates that are taken out of the graph and ranked again by their exact scores: some more than wanted, since
    /// the order in which they are found is not quite that of their scores.
    package var candidateCount: Int {
        kind == .binary ? max(limit.added(10), limit.multiplied(by: configuration.rerankFactor)) : limit.added(10)
    }

    /// `hnsw.ef_search`.
    package var searchCandidateCount: Int {
        min(Self.maximumCandidateCount, max(configuration.searchCandidateCount, candidateCount))
    }

    /// `hnsw.max_scan_tuples`: a search that has read this many candidates had better read everything; a power of two,
    /// so that it seldom changes.
    package var maximumScanCount: Int {
        let count = max(Self.minimumScanCount, rowCount / Self.candidateCost, candidateCount)
        return count >= Int(Int32.max) ? Int(Int32.max) : min(Int(Int32.max), count.roundedUpToPowerOfTwo)
    }

    /// A filter that leaves at most this many vectors is answered by reading them.
    package var exactCount: Int {
        guard hasGraph else { return max(configuration.minimumCount, rowCount / Self.singleRowCost) }
        let cost = Double(Self.candidateCost)
        let fixed = cost * Double(searchCandidateCount)
        let bound = (fixed + (fixed * fixed + 4 * cost * Double(candidateCount) * Double(rowCount)).squareRoot()) / 2
        return Int(min(bound, 1e9))
    }

    /// Whether a search without a filter reads everything.
    package var isExact: Bool { !hasGraph || rowCount <= exactCount }
}

extension Int {
    fileprivate func added(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }

    fileprivate func multiplied(by other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }

    fileprivate var roundedUpToPowerOfTwo: Int { 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
