import SemblanceCore

/// Rows as they were at one moment: a value that never changes, read without locks.
struct Segment: Sendable {
    let storage: RowStorage
    /// Rows that may be read.
    private(set) var count = 0
    /// Rows that are not to be found: removed, damaged, or replaced by a later row.
    private(set) var dead = RowSet()
    private(set) var directory = RowDirectory()

    var liveCount: Int { count - dead.count }

    init(_ storage: RowStorage) {
        self.storage = storage
    }

    /// Makes rows up to `count` readable.
    mutating func publish(_ count: Int) {
        directory.extend(to: count, in: storage)
        self.count = count
    }

    /// The same rows in storage with more room.
    func moved(to storage: RowStorage) -> Segment {
        var segment = Segment(storage)
        segment.count = count
        segment.dead = dead
        segment.directory = directory
        return segment
    }

    mutating func bury(_ rows: some Sequence<UInt32>) {
        for row in rows { dead.insert(Int(row)) }
    }

    func isAlive(_ row: Int) -> Bool { !dead.contains(row) }

    /// Whether there is such a row, and it misses a checksum. Reads all of it.
    func isDamaged(_ row: Int) -> Bool {
        row < count && !(storage.verifyVector(row) && storage.hasSoundCodes(row))
    }

    /// Rows of images, without dead ones; ascending.
    /// - Parameter ids: ascending.
    func rows(of ids: [Int64]) -> [UInt32] {
        let rows = directory.rows(of: ids, in: storage)
        return dead.count == 0 ? rows : rows.filter { isAlive(Int($0)) }
    }

    /// Numbers that can be found, ascending.
    func liveIDs() -> [Int64] {
        liveRows().map { storage.id(Int($0)) }
    }

    /// Rows that can be found, in the order of their numbers.
    func liveRows() -> [UInt32] {
        directory.sortedRows(in: storage).filter { isAlive(Int($0)) }
    }

    /// Buries all but the last of the rows that share a number.
    mutating func buryReplaced() {
        guard !directory.isAscending else { return }
        let rows = liveRows()
        for (row, next) in zip(rows, rows.dropFirst()) where storage.id(Int(row)) == storage.id(Int(next)) {
            dead.insert(Int(row))
        }
    }
}

/// What a search sees: the rows in files, and rows that are only in memory.
///
/// Rows are in memory only while the files cannot be written: by a reader beside the process that owns them, or while
/// the disk is full.
struct Snapshot: Sendable {
    var segments: [Segment]

    var liveCount: Int { segments.reduce(0) { $0 + $1.liveCount } }
    var deadCount: Int { segments.reduce(0) { $0 + $1.dead.count } }

    /// Which of these numbers can be found.
    func present(_ ids: [Int64]) -> Set<Int64> {
        var found: Set<Int64> = []
        for segment in segments {
            for row in segment.rows(of: ids) { found.insert(segment.storage.id(Int(row))) }
        }
        return found
    }

    /// Numbers that can be found, ascending.
    func liveIDs() -> [Int64] {
        let lists = segments.map { $0.liveIDs() }.filter { !$0.isEmpty }
        return lists.count <= 1 ? lists.first ?? [] : lists.flatMap { $0 }.sorted()
    }

    mutating func bury(_ ids: [Int64]) {
        for index in segments.indices {
            let rows = segments[index].rows(of: ids)
            segments[index].bury(rows)
        }
    }
}

/// A row of a snapshot.
struct RowReference: Hashable, Sendable {
    let segment: UInt32
    let row: UInt32
}
