/// One query's ranking as metrics see it: at which ranks the relevant images are, and how many there are to find.
public struct JudgedRanking: Hashable, Sendable {
    /// A relevant image that was found.
    public struct Hit: Hashable, Sendable {
        /// From 1.
        public let rank: Int
        /// 1 or more.
        public let grade: Int

        public init(rank: Int, grade: Int) {
            self.rank = rank
            self.grade = grade
        }
    }

    /// Ascending by rank.
    public let hits: [Hit]
    /// Images that were found, relevant or not.
    public let retrievedCount: Int
    /// The grades of all relevant images, found or not, highest first: the best ranking there could be.
    public let idealGrades: [Int]

    /// How many images are relevant, found or not; "R" in definitions.
    public var relevantCount: Int { idealGrades.count }

    /// - Parameters:
    ///   - hits: in any order.
    ///   - relevantGrades: of all relevant images, in any order; grades below 1 are not relevant and left out.
    public init(hits: [Hit], retrievedCount: Int, relevantGrades: [Int]) {
        self.hits = hits.filter { $0.grade >= 1 }.sorted { $0.rank < $1.rank }
        self.retrievedCount = retrievedCount
        idealGrades = relevantGrades.filter { $0 >= 1 }.sorted(by: >)
    }

    /// Ranks images that were scored by whatever system. Relevant images without a score are not found.
    /// - Parameter grades: images that are not in it, or below 1, are not relevant.
    /// - Throws: `ranking-invalid` for two scores of one image, or one that is not a number.
    public init(
        scores: [(image: LabelledImage.ID, score: Float)], grades: [LabelledImage.ID: Int]
    ) throws(LabError) {
        let byID = scores.sorted { $0.image < $1.image }
        for (image, next) in zip(byID, byID.dropFirst()) where image.image == next.image {
            throw LabError(.invalidRanking, "The ranking has '\(image.image)' twice; expected each image once.")
        }
        if let faulty = byID.first(where: { $0.score.isNaN }) {
            throw LabError(.invalidRanking, "The score of '\(faulty.image)' is not a number.")
        }
        let keys = byID.enumerated().map { RankingKey(score: $1.score, position: $0) }.sorted(by: >)
        let hits = keys.enumerated().compactMap { index, key in
            grades[byID[key.position].image].map { Hit(rank: index + 1, grade: $0) }
        }
        self.init(hits: hits, retrievedCount: scores.count, relevantGrades: Array(grades.values))
    }

    /// Relevant images among the first `cutoff`.
    func hitCount(within cutoff: Int) -> Int {
        hits.firstIndex { $0.rank > cutoff } ?? hits.count
    }
}
