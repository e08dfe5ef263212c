import SemblanceCore

/// How vectors in PostgreSQL are indexed and searched.
public struct VectorIndexConfiguration: Sendable, Hashable {
    /// What an HNSW index keeps of each vector. Scores are always those of the stored vectors.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Single precision, up to 2,000 dimensions.
        case vector
        /// Half precision, up to 4,000 dimensions: half the memory and half the time to build, and the same recall.
        case halfvec
        /// A bit a component, any dimension: a tenth of the memory; more candidates are ranked again.
        case binary
    }

    /// The default. Dimensions that a kind does not take get the next one.
    public var kind = Kind.halfvec
    /// HNSW's `m`, links of a vector on each layer. Default 16; 2…100.
    public var linkCount = 16
    /// HNSW's `ef_construction`, candidates while a vector is inserted. Default 64; 4…1000, at least twice `linkCount`.
    public var buildCandidateCount = 64
    /// HNSW's `ef_search`, candidates of a search for few results. Default 100; 10…1000.
    public var searchCandidateCount = 100
    /// With `binary`, candidates that are ranked again for each result. Default 20; 1…1000.
    public var rerankFactor = 20
    /// Vectors from which on an index is built: an exact scan of fewer is quick enough. Default 5,000; 1 or more.
    public var minimumCount = 5_000
    /// Memory for building an index, in megabytes; a graph that does not fit takes many times as long to build.
    /// Default 1024; 64…1,048,576.
    public var buildMegabytes = 1024
    /// How long building may take. Default a day; a minute or more.
    public var buildTimeLimit = Duration.seconds(86_400)

    public init() {}

    /// - Throws: `RequestError` with `invalid-query` that names the value at fault and its range.
    public func validate() throws(RequestError) {
        try check(linkCount, in: 2...100, "links of a vector (m)")
        try check(buildCandidateCount, in: max(4, 2 * linkCount)...1000, "candidates while building (ef_construction)")
        try check(searchCandidateCount, in: 10...1000, "candidates of a search (ef_search)")
        try check(rerankFactor, in: 1...1000, "candidates ranked again for each result")
        try check(minimumCount, in: 1...Int.max, "vectors from which on an index is built")
        try check(buildMegabytes, in: 64...1_048_576, "megabytes for building an index")
        guard buildTimeLimit >= .seconds(60) else {
            throw RequestError(.invalidQuery, "The time for building an index is a minute or more.")
        }
    }

    private func check(_ value: Int, in range: ClosedRange<Int>, _ name: String) throws(RequestError) {
        guard !range.contains(value) else { return }
        let upper =
            range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        throw RequestError(.invalidQuery, "The number of \(name) is \(upper), not \(value).")
    }
}
