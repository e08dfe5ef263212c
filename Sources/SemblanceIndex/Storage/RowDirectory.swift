// From image numbers to rows, without a hash table.
//
// Images are numbered in the order in which they come, so rows are nearly always in ascending order of their numbers:
// long runs, each started by a batch that came out of order. A number is looked up in each run by binary search, a
// sorted list of numbers (a filter's answer) by galloping along each run. When there are too many runs they are merged
// into one sorted list of row numbers, `base`. Looking up needs no memory while rows are in order, opening an index
// needs no pass that builds anything, and a snapshot's copy is small.
//
// Dead rows stay in the runs until the next generation; the caller knows them. Of two rows with the same number at
// most one is alive.

/// Rows by image number. Covers the first `count` rows of a storage.
struct RowDirectory: Sendable {
    /// More runs than this are merged.
    static let maximumRunCount = 32

    /// The first rows, sorted by number; `nil` if they are in order as they are.
    private var base: [UInt32]?
    private var baseCount = 0
    /// Where further runs start, ascending.
    private var starts: [Int] = []
    private(set) var count = 0

    /// Whether rows are in order of their numbers throughout.
    var isAscending: Bool { base == nil && starts.isEmpty }

    /// Takes in rows up to `newCount`.
    mutating func extend(to newCount: Int, in storage: RowStorage) {
        for row in count..<max(count, newCount) where row > 0 && startsRun(row, in: storage) {
            starts.append(row)
        }
        count = max(count, newCount)
        if base == nil { baseCount = starts.first ?? count }
        if starts.count > Self.maximumRunCount { merge(in: storage) }
    }

    /// A row starts a run if it is out of order or follows a sorted base.
    private func startsRun(_ row: Int, in storage: RowStorage) -> Bool {
        base != nil && row == baseCount || storage.id(row) <= storage.id(row - 1)
    }

    /// Merges all runs into the base.
    private mutating func merge(in storage: RowStorage) {
        var rows = base ?? (0..<baseCount).map(UInt32.init)
        let tail = (baseCount..<count).map(UInt32.init).sorted {
            (storage.id(Int($0)), $0) < (storage.id(Int($1)), $1)
        }
        rows = Self.merging(rows, tail) { storage.id(Int($0)) }
        base = rows
        baseCount = count
        starts = []
    }

    private static func merging(_ left: [UInt32], _ right: [UInt32], by id: (UInt32) -> Int64) -> [UInt32] {
        var merged: [UInt32] = []
        merged.reserveCapacity(left.count + right.count)
        var index = 0
        for row in right {
            while index < left.count, id(left[index]) <= id(row) {
                merged.append(left[index])
                index += 1
            }
            merged.append(row)
        }
        return merged + left[index...]
    }
}

extension RowDirectory {
    /// The rows, alive or dead, with one of the numbers; ascending.
    /// - Parameter ids: ascending.
    func rows(of ids: [Int64], in storage: RowStorage) -> [UInt32] {
        var found: [UInt32] = []
        if let base {
            found += Self.gallop(ids, count: baseCount) { storage.id(Int(base[$0])) }.map { base[$0] }
        } else {
            found += Self.gallop(ids, count: baseCount) { storage.id($0) }.map(UInt32.init)
        }
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : count
            found += Self.gallop(ids, count: end - start) { storage.id(start + $0) }.map { UInt32(start + $0) }
        }
        if !isAscending { found.sort() }
        return found
    }

    /// The places of `ids` in an ascending sequence: doubling steps, then halving ones.
    private static func gallop(_ ids: [Int64], count: Int, id: (Int) -> Int64) -> [Int] {
        var found: [Int] = []
        var position = 0
        for wanted in ids {
            var step = 1
            while position + step < count, id(position + step) < wanted { step *= 2 }
            var low = position + step / 2
            var high = min(position + step, count)
            while low < high {
                let middle = (low + high) / 2
                if id(middle) < wanted { low = middle + 1 } else { high = middle }
            }
            while low < count, id(low) == wanted {
                found.append(low)
                low += 1
            }
            position = min(low, max(0, count - 1))
        }
        return found
    }

    /// Every row in ascending order of its number; rows with the same number in the order they were written.
    func sortedRows(in storage: RowStorage) -> [UInt32] {
        if isAscending { return (0..<count).map(UInt32.init) }
        return (0..<count).map(UInt32.init).sorted {
            (storage.id(Int($0)), $0) < (storage.id(Int($1)), $1)
        }
    }
}
