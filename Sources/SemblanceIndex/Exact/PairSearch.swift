// Comparing all rows with all.
//
// Live rows are numbered 0…n−1. Each thread takes blocks of rows ("left"), packs their codes once into memory that fits
// the second cache, and passes over the blocks from there on ("right"), so that each pair is seen once. The kernel gives
// all integer dot products of two blocks; those whose upper bound (ErrorBound.swift) reaches the floor are scored in
// full. The floor is the least score asked for or, once a thread holds `limit` pairs, its worst one: a pair below it
// cannot be among the best of all. The threads' lists are merged at the end, so the result does not depend on timing.

import CVectorKernels
import SemblanceCore
import Synchronization

/// One search for pairs, shared by its threads.
struct PairSearch: Sendable {
    /// Bytes of packed codes on the left: half of a second cache of 1 MB.
    private static let leftByteCount = 384 << 10
    private static let rightCount = 64

    /// What the threads share.
    final class Progress: Sendable {
        let nextBlock = Atomic<Int>(0)
        let isCancelled = Atomic<Bool>(false)
    }

    let snapshot: Snapshot
    let layout: RowLayout
    let rows: [RowReference]
    let minimumScore: Float
    let limit: Int
    let progress = Progress()
    private let leftCount: Int

    init(_ snapshot: Snapshot, _ layout: RowLayout, minimumScore: Float, limit: Int) {
        self.snapshot = snapshot
        self.layout = layout
        self.minimumScore = minimumScore
        self.limit = limit
        rows = snapshot.segments.enumerated().flatMap { number, segment in
            (0..<segment.count).filter { segment.isAlive($0) }
                .map { RowReference(segment: UInt32(number), row: UInt32($0)) }
        }
        let fitting = Self.leftByteCount / PackedBlock.stride(layout.dimension)
        leftCount = min(256, max(16, fitting / 4 * 4))
    }

    /// Blocks of rows on the left.
    var blockCount: Int { (rows.count + leftCount - 1) / leftCount }

    /// Works on blocks until none is left. Runs on each thread.
    /// - Throws: `CancellationError`, `DamagedRows`.
    func work() throws -> [NeighbourPair] {
        var best = BestFew<NeighbourPair>(limit: limit, by: NeighbourPair.isNearer)
        var left = PackedBlock(capacity: leftCount, dimension: layout.dimension)
        var right = PackedBlock(capacity: Self.rightCount, dimension: layout.dimension)
        var tile = PairTile(leftCount: leftCount, rightCount: Self.rightCount)
        while case let block = progress.nextBlock.add(1, ordering: .relaxed).oldValue, block < blockCount {
            let start = block * leftCount
            left.fill(rows[start..<min(start + leftCount, rows.count)], from: snapshot)
            for other in stride(from: start, to: rows.count, by: Self.rightCount) {
                if progress.isCancelled.load(ordering: .relaxed) { throw CancellationError() }
                right.fill(rows[other..<min(other + Self.rightCount, rows.count)], from: snapshot)
                let floor = max(minimumScore, best.last?.score ?? -.infinity)
                for (a, b) in tile.pairs(left, right, floor: floor) where start + a < other + b {
                    try offer(rows[start + a], rows[other + b], to: &best)
                }
            }
        }
        return best.elements
    }

    private func offer(_ a: RowReference, _ b: RowReference, to best: inout BestFew<NeighbourPair>) throws {
        let (left, right) = (snapshot.segments[Int(a.segment)].storage, snapshot.segments[Int(b.segment)].storage)
        guard left.hasSoundVector(Int(a.row)) else { throw DamagedRows(rows: [a]) }
        guard right.hasSoundVector(Int(b.row)) else { throw DamagedRows(rows: [b]) }
        let score = Float(
            cvk_dot_float(cvk_best_isa(), left.vector(Int(a.row)), right.vector(Int(b.row)), layout.dimension))
        guard score >= minimumScore else { return }
        let ids = [left.id(Int(a.row)), right.id(Int(b.row))]
        best.offer(
            NeighbourPair(first: .init(rawValue: ids.min()!), second: .init(rawValue: ids.max()!), score: score))
    }
}
