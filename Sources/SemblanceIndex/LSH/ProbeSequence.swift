// Which buckets to look into, likeliest first (Lv, Josephson, Wang, Charikar and Li, "Multi-probe LSH: efficient indexing
// for high-dimensional similarity search", VLDB 2007, query-directed probing).
//
// A near vector differs from the query in those bits whose planes the query lies close to. Flipping a set of bits costs
// the sum of the squares of the distances to their planes; the cheaper a set, the likelier a neighbour is in that bucket.
// The sets of a table are made in ascending order of cost out of a heap: with the planes sorted by distance, a set is
// followed by the one with its farthest plane exchanged for the next ("shift") and the one with the next added
// ("expand"). Every set is made exactly once, by one of the two. One heap serves all tables, so that probes go to
// whichever table promises most.

/// Buckets in the order in which a query should look into them: its own in every table, then the others.
package struct ProbeSequence {
    /// A bucket of a table.
    package struct Probe: Hashable {
        package let table: Int
        package let key: UInt32
    }

    private struct Flips {
        var cost: Float
        /// Bits of the key to flip.
        var mask: UInt32
        var table: UInt16
        /// The place of the farthest flipped plane in the order of distances.
        var last: UInt16
    }

    private let bitCount: Int
    private let keys: [UInt32]
    /// Squared distances, ascending in each table, and the bits that they belong to.
    private var costs: [Float]
    private var bits: [UInt32]
    private var heap: [Flips] = []
    private var nextTable = 0

    /// - Parameter margins: the query's distance from each plane, table by table.
    package init(margins: [Float], bitCount: Int) {
        self.bitCount = bitCount
        let tableCount = margins.count / bitCount
        costs = margins.map { $0 * $0 }
        bits = margins.indices.map { 1 << UInt32($0 % bitCount) }
        keys = (0..<tableCount).map { Hasher.key(margins[($0 * bitCount)..<(($0 + 1) * bitCount)]) }
        heap.reserveCapacity(4 * tableCount)
        for table in 0..<tableCount { sort(table) }
    }

    /// The next bucket; `nil` after the last of all.
    package mutating func next() -> Probe? {
        if nextTable < keys.count {
            defer { nextTable += 1 }
            let first = nextTable * bitCount
            push(Flips(cost: costs[first], mask: bits[first], table: UInt16(nextTable), last: 0))
            return Probe(table: nextTable, key: keys[nextTable])
        }
        guard let flips = pop() else { return nil }
        return Probe(table: Int(flips.table), key: keys[Int(flips.table)] ^ flips.mask)
    }

    /// Insertion sort: a table has few planes.
    private mutating func sort(_ table: Int) {
        let start = table * bitCount
        for index in (start + 1)..<max(start + 1, start + bitCount) {
            let (cost, bit) = (costs[index], bits[index])
            var place = index
            while place > start, costs[place - 1] > cost {
                costs[place] = costs[place - 1]
                bits[place] = bits[place - 1]
                place -= 1
            }
            costs[place] = cost
            bits[place] = bit
        }
    }

    /// Takes the cheapest set out and puts those in that follow it.
    private mutating func pop() -> Flips? {
        guard let first = heap.first else { return nil }
        let last = Int(first.table) * bitCount + Int(first.last)
        guard Int(first.last) + 1 < bitCount else {
            let end = heap.removeLast()
            if !heap.isEmpty { replaceFirst(end) }
            return first
        }
        var following = first
        following.last += 1
        following.cost += costs[last + 1]
        following.mask |= bits[last + 1]
        var shifted = following
        shifted.cost -= costs[last]
        shifted.mask ^= bits[last]
        replaceFirst(shifted)
        push(following)
        return first
    }

    private mutating func push(_ flips: Flips) {
        heap.append(flips)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent].cost <= heap[child].cost { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func replaceFirst(_ flips: Flips) {
        heap[0] = flips
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { return }
            if child + 1 < heap.count, heap[child + 1].cost < heap[child].cost { child += 1 }
            if heap[parent].cost <= heap[child].cost { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }
}
