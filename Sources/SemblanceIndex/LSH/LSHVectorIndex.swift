// Locality-sensitive hashing as a vector index.
//
// Every vector has a key in each of several tables, made of which side of some random hyperplanes it lies on
// (Hyperplanes.swift). A search looks into the query's own bucket in each table and into the likeliest others
// (ProbeSequence.swift), marks the rows it finds there in a bitmap, and hands those to the scan and the re-ranking of the
// exact index: scores are exact, but a neighbour that shares no bucket is missed. How many are missed is measured, not
// promised: see `LSHTuning` and docs/lsh.md.
//
// Rows are in memory, in the layout of the exact index. The tables never change; rows that were inserted form a run with
// tables of its own, and runs are joined when the last is no longer small beside the one before it, so there are few and
// each row is put into tables a logarithmic number of times. Joining needs no hashing: the tables hold the keys.
//
// As in the exact index, a search reads a snapshot and takes no lock while it works; writers run one at a time.

import Foundation
import SemblanceCore
import Synchronization

/// Approximate nearest neighbours in this process, in memory only, by random-hyperplane hashing with several tables and
/// query-directed multi-probe.
///
/// Searches are exact where hashing would not pay: of few vectors, through a filter that leaves few, and for a limit that
/// is a big share of all.
public final class LSHVectorIndex: VectorIndex {
    /// What can be tuned besides what `LSHParameters` says.
    public struct Options: Sendable {
        /// Threads for searches and for building. By default one a core; 1 or more.
        public var threadCount = ProcessInfo.processInfo.activeProcessorCount
        /// A search among at most so many vectors looks at all of them. Default 2048; 0 always hashes.
        public var exactCount = 2048
        /// Dead rows below which nothing is compacted. Default 1024.
        public var minimumDeadCount = 1024

        public init() {}
    }

    public let space: EmbeddingSpace
    public let parameters: LSHParameters
    public var dimension: Int { layout.dimension }

    let layout: RowLayout
    let options: Options
    let filters: any FilterResolver
    let threads: IndexThreads
    let published: Mutex<HashedSnapshot>
    /// Held by the one thread that writes, only on threads for files.
    let writer = Mutex<Void>(())

    /// An empty index, whose hyperplanes go through the origin. `build` makes one whose planes go through the middle of
    /// its vectors, which finds more.
    /// - Throws: `index-invalid-parameters`, `index-dimension-mismatch`.
    public convenience init(
        space: EmbeddingSpace, parameters: LSHParameters, filters: any FilterResolver, options: Options = Options()
    ) throws {
        try self.init(space: space, parameters: parameters, centre: nil, filters: filters, options: options)
    }

    init(
        space: EmbeddingSpace, parameters: LSHParameters, centre: [Float]?, filters: any FilterResolver,
        options: Options
    ) throws {
        try parameters.validate()
        guard RowLayout.dimensions.contains(space.model.dimension) else {
            throw IndexError(.dimensionMismatch, "expected 1 to 65536 dimensions, not \(space.model.dimension)")
        }
        self.space = space
        self.parameters = parameters
        self.options = options
        self.filters = filters
        layout = RowLayout(dimension: space.model.dimension)
        threads = IndexThreads(count: options.threadCount)
        let planes = Hyperplanes(
            dimension: layout.dimension, bitCount: parameters.bitCount, tableCount: parameters.tableCount,
            seed: parameters.seed, centre: centre)
        published = Mutex(HashedSnapshot(segment: .overlay(layout: layout), runs: [], planes: planes))
    }

    var snapshot: HashedSnapshot { published.withLock { $0 } }

    func publish(_ snapshot: HashedSnapshot) { published.withLock { $0 = snapshot } }

    public func count() async throws -> Int { snapshot.segment.liveCount }

    /// Bytes of memory that the index holds on to: vectors in Float32, their 8-bit codes, tables and hyperplanes.
    public var memoryByteCount: Int { snapshot.byteCount(layout) }

    /// Bytes of it that hashing adds: tables and hyperplanes.
    public var tableByteCount: Int { snapshot.tableByteCount }

    /// Compares all with all, exactly: see `LocalVectorIndex.pairs`.
    public func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair] {
        let search = try PairSearch.checked(snapshot.exact, layout, minimumScore: minimumScore, limit: limit)
        return try await search.run(on: threads.pairs)
    }
}

/// What a search sees.
struct HashedSnapshot: Sendable {
    var segment: Segment
    /// Of consecutive rows, all of them together.
    var runs: [HashedRun]
    let planes: Hyperplanes

    /// The same rows as the exact index sees them.
    var exact: Snapshot { Snapshot(segments: [segment]) }

    var tableByteCount: Int { runs.reduce(planes.byteCount) { $0 + $1.byteCount } }

    func byteCount(_ layout: RowLayout) -> Int {
        let rowByteCount = FileKind.allCases.reduce(1) { $0 + layout.stride(of: $1) }
        return segment.count * rowByteCount + tableByteCount
    }
}

extension LSHVectorIndex {
    /// Runs of rows with tables of their own. For tests.
    package var runCount: Int { snapshot.runs.count }

    /// Keys that occur in a table. For tests.
    package func bucketCount(inTable table: Int) -> Int {
        var keys = Set<UInt32>()
        for run in snapshot.runs {
            var copied = [UInt32](repeating: 0, count: run.count)
            run.tables[table].copyKeys(to: &copied, firstRow: run.firstRow)
            keys.formUnion(copied)
        }
        return keys.count
    }
}
