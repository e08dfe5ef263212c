/// How scores of pairs are distributed: those of a query and a relevant image, and those of a query and any other.
public struct ScoreHistogram: Hashable, Sendable {
    /// Bins of equal width from −1 to 1.
    public static let binCount = 2000

    public private(set) var relevant = [Int](repeating: 0, count: binCount)
    public private(set) var irrelevant = [Int](repeating: 0, count: binCount)

    public init() {}

    public var relevantTotal: Int { relevant.reduce(0, +) }
    public var irrelevantTotal: Int { irrelevant.reduce(0, +) }

    package mutating func add(_ score: Float, isRelevant: Bool) {
        let bin = min(max(Int((Double(score) + 1) / 2 * Double(Self.binCount)), 0), Self.binCount - 1)
        if isRelevant { relevant[bin] += 1 } else { irrelevant[bin] += 1 }
    }

    mutating func add(_ other: Self) {
        for bin in 0..<Self.binCount {
            relevant[bin] += other.relevant[bin]
            irrelevant[bin] += other.irrelevant[bin]
        }
    }

    /// The lower edge of a bin.
    public static func score(atBin bin: Int) -> Double { Double(2 * bin - binCount) / Double(binCount) }
}

/// What a least score would let through.
public struct CutOff: Hashable, Sendable {
    /// Pairs with at least this score are shown.
    public let score: Double
    /// The share of shown pairs that are relevant.
    public let precision: Double
    /// The share of relevant pairs that are shown.
    public let recall: Double
    /// Images shown for a query, on average.
    public let shownPerQuery: Double

    public var f1: Double { precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0 }
}

extension ScoreHistogram {
    /// What each least score would let through, highest first; scores that let nothing through are left out.
    /// - Parameter relevantTotal: all relevant pairs, also those that an index did not find.
    package func cutOffs(queryCount: Int, relevantTotal: Int) -> [CutOff] {
        var cutOffs: [CutOff] = []
        var (right, wrong) = (0, 0)
        for bin in (0..<Self.binCount).reversed() where relevant[bin] + irrelevant[bin] > 0 {
            right += relevant[bin]
            wrong += irrelevant[bin]
            cutOffs.append(
                CutOff(
                    score: Self.score(atBin: bin), precision: Double(right) / Double(right + wrong),
                    recall: relevantTotal > 0 ? Double(right) / Double(relevantTotal) : 0,
                    shownPerQuery: Double(right + wrong) / Double(max(1, queryCount))))
        }
        return cutOffs
    }
}
