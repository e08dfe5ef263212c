/// A set of row numbers as bits. A value: copies made for snapshots share storage until one of them changes.
struct RowSet: Sendable {
    private var words: [UInt64] = []
    private(set) var count = 0

    init() {}

    /// - Parameter rows: no row twice.
    init(_ rows: [UInt32], capacity: Int) {
        words = [UInt64](repeating: 0, count: (capacity + 63) / 64)
        for row in rows { insert(Int(row)) }
    }

    func contains(_ row: Int) -> Bool {
        let word = row >> 6
        return word < words.count && words[word] >> UInt64(row & 63) & 1 == 1
    }

    /// 64 rows from 64 × `index` on, as bits.
    func word(_ index: Int) -> UInt64 { index < words.count ? words[index] : 0 }

    mutating func insert(_ row: Int) {
        let word = row >> 6
        if word >= words.count { words += [UInt64](repeating: 0, count: word + 1 - words.count) }
        let bit: UInt64 = 1 << UInt64(row & 63)
        if words[word] & bit == 0 {
            words[word] |= bit
            count += 1
        }
    }
}
