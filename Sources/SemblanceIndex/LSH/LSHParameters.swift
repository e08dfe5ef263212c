import SemblanceCore

/// How an index of hashes is laid out and how far a search looks.
///
/// More bits make buckets smaller, more tables and more probes find more. What fits a collection is measured, not
/// guessed: see `LSHTuning`.
public struct LSHParameters: Hashable, Sendable {
    /// Hyperplanes of a table, and so bits of a key. 1…30.
    public var bitCount: Int
    /// Tables, each with hyperplanes of its own. 1…256.
    public var tableCount: Int
    /// Buckets that a search for `limit` neighbours looks into, in all tables together: those of the query itself,
    /// then the likeliest others. `tableCount` or more; more than there are means all.
    public var probeCount: Int
    /// The number of neighbours that `probeCount` was chosen for. A search for more looks into more, in proportion.
    public var limit: Int
    /// Decides the hyperplanes: the same seed gives the same ones on every machine.
    public var seed: UInt64

    public init(bitCount: Int, tableCount: Int, probeCount: Int, limit: Int = 10, seed: UInt64 = 1) {
        self.bitCount = bitCount
        self.tableCount = tableCount
        self.probeCount = probeCount
        self.limit = limit
        self.seed = seed
    }

    /// Bits of a key are kept in 32.
    static let bitCounts = 1...30
    static let tableCounts = 1...256

    /// - Throws: `index-invalid-parameters`.
    public func validate() throws {
        guard Self.bitCounts.contains(bitCount) else {
            throw IndexError(.invalidParameters, "expected 1 to 30 bits, not \(bitCount)")
        }
        guard Self.tableCounts.contains(tableCount) else {
            throw IndexError(.invalidParameters, "expected 1 to 256 tables, not \(tableCount)")
        }
        guard probeCount >= tableCount else {
            throw IndexError(
                .invalidParameters, "expected a probe of each of the \(tableCount) tables or more, not \(probeCount)")
        }
        guard limit >= 1 else { throw IndexError(.invalidParameters, "expected a limit of 1 or more, not \(limit)") }
    }

    /// Buckets to look into for this many neighbours.
    func probeCount(for limit: Int) -> Int {
        let share = Double(max(limit, self.limit)) / Double(self.limit)
        return Int(min(Double(probeCount) * share, Double(Int32.max)))
    }
}
