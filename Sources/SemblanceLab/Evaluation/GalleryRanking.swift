import SemblanceCore

/// A query's ranking as far as anybody looks at it: where the relevant images are, and which come first.
struct GalleryRanking {
    let judged: JudgedRanking
    /// At most as many as asked for, nearest first.
    let nearest: [RankedImage]

    /// Ranks the whole gallery, without sorting it: only the relevant images' ranks are needed, and such a rank is one
    /// more than the number of images that come before. So the relevant ones are sorted, and for every other image a
    /// binary search says how many of them come before it.
    /// - Parameters:
    ///   - scores: of the gallery's images, in its order.
    ///   - depth: how many of the nearest are kept.
    ///   - histogram: gets every pair's score.
    init(
        of query: Int, in task: RetrievalTask, scores: [Float], depth: Int, countingInto histogram: inout ScoreHistogram
    ) {
        var candidates = Candidates(of: query, in: task)
        var nearest = NearestKeys(limit: depth)
        var relevant: [(key: RankingKey, grade: Int)] = []
        var others: [RankingKey] = []
        others.reserveCapacity(scores.count)
        for (position, score) in zip(task.gallery, scores) {
            guard let grade = candidates.grade(of: position) else { continue }
            let key = RankingKey(score: score, position: position)
            if grade > 0 { relevant.append((key, grade)) } else { others.append(key) }
            histogram.add(score, isRelevant: grade > 0)
            nearest.add(key, score: score, grade: grade)
        }
        relevant.sort { $0.key > $1.key }
        // By how many relevant images come before.
        var counts = [Int](repeating: 0, count: relevant.count + 1)
        for key in others { counts[Self.countBefore(key, in: relevant)] += 1 }
        var (hits, othersBefore) = ([JudgedRanking.Hit](), 0)
        for (index, image) in relevant.enumerated() {
            othersBefore += counts[index]
            hits.append(JudgedRanking.Hit(rank: index + 1 + othersBefore, grade: image.grade))
        }
        judged = JudgedRanking(
            hits: hits, retrievedCount: relevant.count + others.count, relevantGrades: candidates.relevantGrades)
        self.nearest = nearest.images
    }

    /// Ranks what an index found; the rest of the gallery was not found.
    init(
        of query: Int, in task: RetrievalTask, found: [Neighbour], limit: Int, depth: Int,
        countingInto histogram: inout ScoreHistogram
    ) {
        var candidates = Candidates(of: query, in: task)
        let keys = found.map { (RankingKey(score: $0.score, position: Int($0.id.rawValue)), $0.score) }
        // By position, as candidates are looked through.
        let allowed = keys.sorted { $0.0.position < $1.0.position }.compactMap { key, score in
            candidates.grade(of: key.position).map { (key: key, score: score, grade: $0) }
        }
        let ranked = allowed.sorted { $0.key > $1.key }.prefix(limit)
        for image in ranked { histogram.add(image.score, isRelevant: image.grade > 0) }
        let hits = ranked.enumerated().filter { $0.element.grade > 0 }.map {
            JudgedRanking.Hit(rank: $0.offset + 1, grade: $0.element.grade)
        }
        judged = JudgedRanking(
            hits: hits, retrievedCount: ranked.count, relevantGrades: candidates.relevantGrades)
        nearest = ranked.prefix(depth).map {
            RankedImage(position: $0.key.position, score: $0.score, grade: $0.grade)
        }
    }

    /// Relevant images with a greater key; `relevant` is sorted, greatest first.
    private static func countBefore(_ key: RankingKey, in relevant: [(key: RankingKey, grade: Int)]) -> Int {
        var (low, high) = (0, relevant.count)
        while low < high {
            let middle = (low + high) / 2
            if relevant[middle].key > key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Which images a query may find and how relevant they are; looked through by ascending position.
private struct Candidates {
    private let relevant: [(position: Int, grade: Int)]
    private let excluded: [Int]
    private var (relevantPlace, excludedPlace) = (0, 0)

    init(of query: Int, in task: RetrievalTask) {
        relevant = task.relevant(to: query)
        excluded = task.excluded(for: query)
    }

    var relevantGrades: [Int] { relevant.map(\.grade) }

    /// 0 for an image that is not relevant; `nil` for one that may not be found.
    /// - Parameter position: not less than the one before.
    mutating func grade(of position: Int) -> Int? {
        while excludedPlace < excluded.count, excluded[excludedPlace] < position { excludedPlace += 1 }
        if excludedPlace < excluded.count, excluded[excludedPlace] == position { return nil }
        while relevantPlace < relevant.count, relevant[relevantPlace].position < position { relevantPlace += 1 }
        return relevantPlace < relevant.count && relevant[relevantPlace].position == position
            ? relevant[relevantPlace].grade : 0
    }
}
