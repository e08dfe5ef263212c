// A table from keys to rows that never changes.
//
// Rows lie one behind the other in the order of the leading bits of their keys; `starts` says where each group begins.
// There are about as many groups as rows, at most: with few rows and long keys a group holds several keys, and then
// each row's key lies beside it.

/// The rows of one run in one table.
package struct HashTable: Sendable {
    private let bitCount: Int
    /// Bits of a key below those that lead to a group.
    private let shift: Int
    private let starts: [UInt32]
    private let rows: [UInt32]
    /// Empty if a group is a key.
    private let keys: [UInt32]

    /// - Parameters:
    ///   - keys: of consecutive rows, every `stride`-th from `offset` on.
    ///   - firstRow: the row of the first of them.
    package init(_ keys: [UInt32], count: Int, offset: Int = 0, stride: Int = 1, firstRow: Int, bitCount: Int) {
        self.bitCount = bitCount
        let groupBitCount = min(bitCount, max(1, Int.bitWidth - 1 - max(1, count).leadingZeroBitCount))
        shift = bitCount - groupBitCount
        var starts = [UInt32](repeating: 0, count: 1 << groupBitCount + 1)
        var rows = [UInt32](repeating: 0, count: count)
        var stored = [UInt32](repeating: 0, count: shift == 0 ? 0 : count)
        for index in 0..<count { starts[Int(keys[offset + index * stride] >> UInt32(shift)) + 1] += 1 }
        for group in 1..<starts.count { starts[group] += starts[group - 1] }
        var next = starts
        for index in 0..<count {
            let key = keys[offset + index * stride]
            let group = Int(key >> UInt32(shift))
            let place = Int(next[group])
            next[group] += 1
            rows[place] = UInt32(firstRow + index)
            if shift > 0 { stored[place] = key }
        }
        self.starts = starts
        self.rows = rows
        self.keys = stored
    }

    package var count: Int { rows.count }
    package var byteCount: Int { 4 * (starts.count + rows.count + keys.count) }

    /// Calls `body` with each row that has this key, ascending.
    @inline(__always)
    package func forEachRow(_ key: UInt32, _ body: (UInt32) -> Void) {
        let group = Int(key >> UInt32(shift))
        let range = Int(starts[group])..<Int(starts[group + 1])
        if shift == 0 {
            for place in range { body(rows[place]) }
        } else {
            for place in range where keys[place] == key { body(rows[place]) }
        }
    }

    /// Writes the key of each row to its place, `row − firstRow` + `offset`.
    package func copyKeys(to result: inout [UInt32], firstRow: Int, offset: Int = 0) {
        for group in 0..<(starts.count - 1) {
            for place in Int(starts[group])..<Int(starts[group + 1]) {
                result[Int(rows[place]) - firstRow + offset] = shift == 0 ? UInt32(group) : keys[place]
            }
        }
    }
}

/// Consecutive rows with their tables.
package struct HashedRun: Sendable {
    package let firstRow: Int
    package let count: Int
    package let tables: [HashTable]

    /// - Parameter keys: of each row in turn, one a table.
    package init(_ keys: [UInt32], firstRow: Int, planes: Hyperplanes) {
        let (firstRow, count) = (firstRow, keys.count / planes.tableCount)
        self.firstRow = firstRow
        self.count = count
        tables = (0..<planes.tableCount).map { table in
            HashTable(
                keys, count: count, offset: table, stride: planes.tableCount, firstRow: firstRow,
                bitCount: planes.bitCount)
        }
    }

    private init(firstRow: Int, count: Int, tables: [HashTable]) {
        self.firstRow = firstRow
        self.count = count
        self.tables = tables
    }

    var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

    /// The run of the rows of this one and the next.
    package func joined(with next: HashedRun, bitCount: Int) -> HashedRun {
        var keys = [UInt32](repeating: 0, count: count + next.count)
        let joined = zip(tables, next.tables).map { left, right in
            left.copyKeys(to: &keys, firstRow: firstRow)
            right.copyKeys(to: &keys, firstRow: next.firstRow, offset: count)
            return HashTable(keys, count: keys.count, firstRow: firstRow, bitCount: bitCount)
        }
        return HashedRun(firstRow: firstRow, count: keys.count, tables: joined)
    }

    /// The run of some of the rows, numbered anew from `firstRow` on.
    /// - Parameter kept: ascending rows of this run.
    package func keeping(_ kept: [UInt32], firstRow newFirstRow: Int, bitCount: Int) -> HashedRun {
        var keys = [UInt32](repeating: 0, count: count)
        let thinned = tables.map { table in
            table.copyKeys(to: &keys, firstRow: firstRow)
            return HashTable(
                kept.map { keys[Int($0) - firstRow] }, count: kept.count, firstRow: newFirstRow, bitCount: bitCount)
        }
        return HashedRun(firstRow: newFirstRow, count: kept.count, tables: thinned)
    }
}
