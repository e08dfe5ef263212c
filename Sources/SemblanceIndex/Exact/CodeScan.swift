// The first phase of a search: reading the codes.
//
// Rows are scored in blocks by a kernel that lists those whose upper bound reaches the floor: the k-th largest lower
// bound so far, or the least score asked for. The floor only rises, so a row that is left out stays out. The list of
// hits is thinned whenever it has doubled, so that data in ascending order of score cannot make it long.

import CVectorKernels

/// Rows that may be among the nearest, found by one thread.
struct CodeScan {
    struct Hit {
        let row: RowReference
        let upper: Double
    }

    private let task: SearchTask
    private var lowerBounds: LargestNumbers
    private var thinningCount: Int
    private(set) var hits: [Hit] = []

    init(_ task: SearchTask) {
        self.task = task
        lowerBounds = LargestNumbers(limit: task.limit)
        thinningCount = 2 * task.limit + 1024
    }

    /// What a row's upper bound must reach.
    var floor: Double { max(lowerBounds.floor, Double(task.leastScore)) }

    /// Reads a range of places in each segment.
    mutating func read(_ ranges: [Range<Int>]) {
        withUnsafeTemporaryAllocation(of: cvk_hit.self, capacity: Int(CVK_SCAN_ROWS)) { buffer in
            for (segment, range) in ranges.enumerated() {
                for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: Int(CVK_SCAN_ROWS)) {
                    let block = start..<min(start + Int(CVK_SCAN_ROWS), range.upperBound)
                    let count = score(block, segment: segment, into: buffer.baseAddress!)
                    keep(UnsafeMutableBufferPointer(rebasing: buffer[..<count]), segment: segment)
                }
            }
        }
    }

    /// Scores one block; returns the number of hits.
    private func score(_ block: Range<Int>, segment: Int, into hits: UnsafeMutablePointer<cvk_hit>) -> Int {
        let storage = task.snapshot.segments[segment].storage
        let isa = task.query.instructionSet
        return withUnsafePointer(to: task.query.quantised) { query in
            withUnsafePointer(to: storage.quantisedRows) { quantised in
                if case .picked(let rows) = task.candidates[segment] {
                    return rows.withUnsafeBufferPointer {
                        cvk_scan_picked(
                            isa, query, quantised, $0.baseAddress! + block.lowerBound, block.count, floor, hits)
                    }
                }
                return cvk_scan(isa, query, quantised, UInt32(block.lowerBound), block.count, floor, hits)
            }
        }
    }

    private mutating func keep(_ found: UnsafeMutableBufferPointer<cvk_hit>, segment: Int) {
        for hit in found where hit.upper >= floor {
            guard task.candidates[segment].contains(Int(hit.row), in: task.snapshot.segments[segment]) else { continue }
            lowerBounds.offer(hit.lower)
            hits.append(Hit(row: RowReference(segment: UInt32(segment), row: hit.row), upper: hit.upper))
        }
        if hits.count > thinningCount { thin() }
    }

    private mutating func thin() {
        let floor = floor
        hits.removeAll { $0.upper < floor }
        thinningCount = 2 * max(hits.count, task.limit) + 1024
    }

    /// Joins what several threads found: only hits that reach the common floor, best first.
    static func joining(_ scans: [CodeScan]) -> [Hit] {
        guard var all = scans.first else { return [] }
        for scan in scans.dropFirst() {
            for bound in scan.lowerBounds.values { all.lowerBounds.offer(bound) }
            all.hits += scan.hits
        }
        all.thin()
        return all.hits.sorted { $0.upper > $1.upper }
    }
}
