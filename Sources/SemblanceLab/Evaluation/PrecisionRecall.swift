/// Precision over recall, interpolated as TREC does: at a recall level, the best precision at that recall or beyond
/// (Manning, Raghavan, Schütze: "Introduction to information retrieval", 2008, section 8.4), averaged over queries.
public enum PrecisionRecall {
    /// 0, 0.05, …, 1.
    public static let levels = (0...20).map { Double($0) / 20 }

    /// One query's precision at each level; 0 beyond what was found.
    package static func precisions(of ranking: JudgedRanking) -> [Double] {
        guard ranking.relevantCount > 0 else { return levels.map { _ in 0 } }
        // The best precision at this hit or a later one.
        var best = ranking.hits.enumerated().map { Double($0.offset + 1) / Double($0.element.rank) }
        for index in best.indices.dropLast().reversed() { best[index] = max(best[index], best[index + 1]) }
        return levels.map { level in
            // The first hit at which so much has been found; whole numbers, so that 0.6 of 5 is exactly 3.
            let needed = max(1, Int((level * Double(ranking.relevantCount) - 1e-9).rounded(.up)))
            return needed <= best.count ? best[needed - 1] : 0
        }
    }
}
