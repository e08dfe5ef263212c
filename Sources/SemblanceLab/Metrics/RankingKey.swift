/// A place in the order of a ranking as one number: the greater comes first.
///
/// The order is trec_eval's: score descending, in single precision; images of equal score by id descending, byte by
/// byte. Here the id's place among all ids stands for the id. Sorting whole numbers takes a fraction of the time that
/// sorting pairs takes, and a ranking of everything is made for every query.
struct RankingKey: Hashable, Comparable, Sendable {
    let rawValue: UInt64

    /// - Parameters:
    ///   - score: any number but NaN; −0 equals 0.
    ///   - position: the image's place among all ids, ascending; below 2³².
    init(score: Float, position: Int) {
        rawValue = UInt64(Self.ordered(score)) << 32 | UInt64(UInt32(position))
    }

    var position: Int { Int(rawValue & 0xFFFF_FFFF) }

    static func < (left: RankingKey, right: RankingKey) -> Bool { left.rawValue < right.rawValue }

    /// A whole number that is ordered as the score is. IEEE 754 numbers of one sign are ordered as their bits are;
    /// negative ones the other way round.
    static func ordered(_ score: Float) -> UInt32 {
        // Adding zero makes −0 into 0.
        let bits = (score + 0).bitPattern
        return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    }
}
