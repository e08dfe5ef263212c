import Foundation

/// A number from 0 (worst) to 1 (best) that says how well one query was answered. Means over queries have the names
/// that people know: the mean of average precision is mAP, that of reciprocal rank MRR.
///
/// Definitions, papers and what each is good for are in `docs/metrics.md`. All but `f1` and `averagePrecision(at:)`
/// with `.attainable` are trec_eval's, and agree with it to 1e-9.
public enum Metric: Hashable, Sendable {
    /// What the sum of precisions is divided by when average precision is cut off at rank k.
    public enum Denominator: String, Hashable, Sendable, CaseIterable {
        /// All relevant images, R: as trec_eval's `map_cut` does. Cannot reach 1 if R is above k.
        case relevant
        /// The relevant images that the first k can hold, min(R, k): as landmark retrieval does.
        case attainable
    }

    /// Relevant images among the first k, over k; also if fewer than k were found.
    case precision(at: Int)
    /// Relevant images among the first k, over R.
    case recall(at: Int)
    /// The harmonic mean of the two.
    case f1(at: Int)
    /// Precision at R.
    case rPrecision
    /// 1 if a relevant image is among the first k, else 0.
    case hitRate(at: Int)
    /// One over the rank of the first relevant image; 0 if none was found.
    case reciprocalRank
    /// The mean over all relevant images of the precision at their ranks; 0 for those that were not found.
    case averagePrecision
    case averagePrecisionAt(Int, Denominator)
    /// Discounted cumulative gain over that of the best ranking. The gain is the grade, the discount log₂(rank + 1).
    case nDCG
    /// The same over the first k of both.
    case nDCGAt(Int)

    /// One query's value. 0 if nothing is relevant: such queries say nothing and belong in no mean.
    public func value(of ranking: JudgedRanking) -> Double {
        guard ranking.relevantCount > 0 else { return 0 }
        let relevantCount = Double(ranking.relevantCount)
        switch self {
        case .precision(let k): return Double(ranking.hitCount(within: k)) / Double(k)
        case .recall(let k): return Double(ranking.hitCount(within: k)) / relevantCount
        // 2PR / (P + R) with P = hits / k and R = hits / relevant.
        case .f1(let k): return 2 * Double(ranking.hitCount(within: k)) / (Double(k) + relevantCount)
        case .rPrecision: return Double(ranking.hitCount(within: ranking.relevantCount)) / relevantCount
        case .hitRate(let k): return ranking.hitCount(within: k) > 0 ? 1 : 0
        case .reciprocalRank: return ranking.hits.first.map { 1 / Double($0.rank) } ?? 0
        case .averagePrecision: return ranking.precisionSum(within: .max) / relevantCount
        case .averagePrecisionAt(let k, .relevant): return ranking.precisionSum(within: k) / relevantCount
        case .averagePrecisionAt(let k, .attainable):
            return ranking.precisionSum(within: k) / Double(min(k, ranking.relevantCount))
        case .nDCG: return ranking.normalisedGain(within: .max)
        case .nDCGAt(let k): return ranking.normalisedGain(within: k)
        }
    }
}

extension JudgedRanking {
    /// The sum of the precisions at the ranks of relevant images among the first `cutoff`.
    fileprivate func precisionSum(within cutoff: Int) -> Double {
        var sum = 0.0
        for (index, hit) in hits.enumerated() {
            guard hit.rank <= cutoff else { break }
            sum += Double(index + 1) / Double(hit.rank)
        }
        return sum
    }

    fileprivate func normalisedGain(within cutoff: Int) -> Double {
        var (gain, idealGain) = (0.0, 0.0)
        for hit in hits.prefix(while: { $0.rank <= cutoff }) { gain += Double(hit.grade) / log2(Double(hit.rank + 1)) }
        for (index, grade) in idealGrades.prefix(cutoff).enumerated() {
            idealGain += Double(grade) / log2(Double(index + 2))
        }
        return gain / idealGain
    }
}
