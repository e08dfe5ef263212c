/// The rows of one segment that a search may return.
enum Candidates: Sendable {
    /// Every row that is alive.
    case alive
    /// Rows of a set, found by reading all rows.
    case members(RowSet)
    /// Few rows, read one by one. Ascending.
    case picked([UInt32])

    /// Reading every row in order is quicker than picking, until fewer than one in three is wanted.
    private static let pickingShare = 3

    /// - Parameter ids: ascending numbers to keep to; `nil` means all.
    init(of segment: Segment, ids: [Int64]?) {
        guard let ids else {
            self = .alive
            return
        }
        let rows = segment.rows(of: ids)
        self =
            rows.count * Self.pickingShare < segment.count
            ? .picked(rows) : .members(RowSet(rows, capacity: segment.count))
    }

    /// Rows that can be returned.
    func count(in segment: Segment) -> Int {
        switch self {
        case .alive: segment.liveCount
        case .members(let rows): rows.count
        case .picked(let rows): rows.count
        }
    }

    /// Rows to read: the length that is split among threads.
    func readCount(in segment: Segment) -> Int {
        if case .picked(let rows) = self { rows.count } else { segment.count }
    }

    func contains(_ row: Int, in segment: Segment) -> Bool {
        switch self {
        case .alive: segment.isAlive(row)
        case .members(let rows): rows.contains(row)
        case .picked: true
        }
    }

    /// The row at a place of the rows to read.
    func row(at place: Int) -> Int {
        if case .picked(let rows) = self { Int(rows[place]) } else { place }
    }
}

/// A search's input: what to look for, and where.
struct SearchTask: Sendable {
    let query: PreparedQuery
    let snapshot: Snapshot
    /// One for each segment.
    let candidates: [Candidates]
    let limit: Int
    let minimumScore: Float?

    init(_ query: PreparedQuery, in snapshot: Snapshot, ids: [Int64]?, limit: Int, minimumScore: Float?) {
        self.init(
            query, in: snapshot, candidates: snapshot.segments.map { Candidates(of: $0, ids: ids) }, limit: limit,
            minimumScore: minimumScore)
    }

    /// - Parameter candidates: one for each segment.
    init(_ query: PreparedQuery, in snapshot: Snapshot, candidates: [Candidates], limit: Int, minimumScore: Float?) {
        self.query = query
        self.snapshot = snapshot
        self.candidates = candidates
        self.limit = limit
        self.minimumScore = minimumScore
    }

    var candidateCount: Int {
        zip(candidates, snapshot.segments).reduce(0) { $0 + $1.0.count(in: $1.1) }
    }

    /// Bytes that a scan reads.
    var scannedByteCount: Int {
        zip(candidates, snapshot.segments).reduce(0) {
            $0 + $1.0.readCount(in: $1.1) * $1.1.storage.layout.scannedByteCount
        }
    }

    /// The least score that can be returned.
    var leastScore: Float { minimumScore ?? -.infinity }

    /// Splits the rows to read into equal parts: for each part, a range of places in each segment.
    func parts(_ count: Int) -> [[Range<Int>]] {
        let lengths = zip(candidates, snapshot.segments).map { $0.readCount(in: $1) }
        return (0..<count).map { part in
            lengths.map { $0 * part / count..<$0 * (part + 1) / count }
        }
    }
}

/// Rows whose stored vectors do not meet their checksums, found while reading them.
struct DamagedRows: Error {
    let rows: [RowReference]
}
