import Foundation
import SemblanceLab
import Testing

@Suite struct MetricTests {
    private static let cutoffs = [1, 3, 10, 100]
    private static let all: [Metric] =
        [.rPrecision, .reciprocalRank, .averagePrecision, .nDCG]
        + cutoffs.flatMap {
            [
                .precision(at: $0), .recall(at: $0), .f1(at: $0), .hitRate(at: $0), .averagePrecisionAt($0, .relevant),
                .averagePrecisionAt($0, .attainable), .nDCGAt($0),
            ] as [Metric]
        }

    /// A ranking of up to 40 images, some of them relevant, some relevant ones missing.
    private static func random(_ generator: inout SeededGenerator) -> JudgedRanking {
        let count = Int.random(in: 1...40, using: &generator)
        var found: [JudgedRanking.Hit] = []
        for rank in 1...count where Int.random(in: 0..<4, using: &generator) == 0 {
            found.append(JudgedRanking.Hit(rank: rank, grade: Int.random(in: 1...3, using: &generator)))
        }
        var grades = found.map(\.grade)
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            grades.append(Int.random(in: 1...3, using: &generator))
        }
        return JudgedRanking(hits: found, retrievedCount: count, relevantGrades: grades)
    }

    private func ranking(_ grades: Int...) -> JudgedRanking {
        JudgedRanking(
            hits: grades.enumerated().map { JudgedRanking.Hit(rank: $0 + 1, grade: $1) }, retrievedCount: grades.count,
            relevantGrades: grades)
    }

    @Test func everyMetricStaysBetweenNoughtAndOne() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let ranking = Self.random(&generator)
            for metric in Self.all {
                let value = metric.value(of: ranking)
                #expect(value >= 0 && value <= 1 + 1e-12, "\(metric.key): \(value)")
            }
        }
    }

    /// Moving a relevant image one rank up, past an irrelevant one, never makes a metric worse, and average precision
    /// and nDCG always better.
    @Test func movingARelevantImageUpNeverHurts() {
        var generator = SeededGenerator(seed: 8)
        var moveCount = 0
        for _ in 0..<500 {
            let ranking = Self.random(&generator)
            let ranks = Set(ranking.hits.map(\.rank))
            guard let moved = ranking.hits.first(where: { $0.rank > 1 && !ranks.contains($0.rank - 1) }) else {
                continue
            }
            moveCount += 1
            let better = JudgedRanking(
                hits: ranking.hits.map { $0 == moved ? JudgedRanking.Hit(rank: $0.rank - 1, grade: $0.grade) : $0 },
                retrievedCount: ranking.retrievedCount, relevantGrades: ranking.idealGrades)
            for metric in Self.all { #expect(metric.value(of: better) >= metric.value(of: ranking) - 1e-12) }
            for metric in [Metric.averagePrecision, .nDCG] {
                #expect(metric.value(of: better) > metric.value(of: ranking))
            }
        }
        #expect(moveCount > 200)
    }

    @Test func theBestRankingIsOneWhereverItCanBe() {
        let best = ranking(3, 2, 1, 0, 0, 0, 0, 0, 0, 0)
        for metric in [.averagePrecision, .nDCG, .rPrecision, .reciprocalRank, .recall(at: 3), .nDCGAt(2)] as [Metric] {
            #expect(metric.value(of: best) == 1, "\(metric.key)")
        }
        #expect(Metric.precision(at: 10).value(of: best) == 0.3)
        #expect(Metric.averagePrecisionAt(2, .attainable).value(of: best) == 1)
        #expect(abs(Metric.averagePrecisionAt(2, .relevant).value(of: best) - 2.0 / 3) < 1e-12)
    }

    @Test func nDCGSeesGradesAndTheOthersDoNot() {
        let (good, poor) = (ranking(3, 1, 0), ranking(1, 3, 0))
        #expect(Metric.nDCG.value(of: good) > Metric.nDCG.value(of: poor))
        for metric in Self.all where !metric.key.hasPrefix("nDCG") {
            #expect(metric.value(of: good) == metric.value(of: poor), "\(metric.key)")
        }
    }

    @Test func precisionDividesByTheCutoffThoughFewerWereFound() {
        #expect(Metric.precision(at: 10).value(of: ranking(1, 1)) == 0.2)
        #expect(Metric.precision(at: 100).value(of: ranking(1, 1)) == 0.02)
    }

    @Test func f1IsTheHarmonicMeanOfPrecisionAndRecall() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<300 {
            let ranking = Self.random(&generator)
            for k in Self.cutoffs {
                let precision = Metric.precision(at: k).value(of: ranking)
                let recall = Metric.recall(at: k).value(of: ranking)
                let expected = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
                #expect(abs(Metric.f1(at: k).value(of: ranking) - expected) < 1e-12)
            }
        }
    }

    @Test func averagePrecisionIsTheAreaUnderPrecisionAtEachRecall() {
        var generator = SeededGenerator(seed: 10)
        for _ in 0..<300 {
            let ranking = Self.random(&generator)
            var (area, lastRecall) = (0.0, 0.0)
            for rank in 1...ranking.retrievedCount {
                let recall = Metric.recall(at: rank).value(of: ranking)
                area += (recall - lastRecall) * Metric.precision(at: rank).value(of: ranking)
                lastRecall = recall
            }
            #expect(abs(Metric.averagePrecision.value(of: ranking) - area) < 1e-12)
        }
    }

    @Test func aQueryWithNothingRelevantIsNought() {
        let empty = JudgedRanking(hits: [], retrievedCount: 5, relevantGrades: [0, -1])
        for metric in Self.all { #expect(metric.value(of: empty) == 0) }
    }

    @Test func keysReadBackToTheirMetric() throws {
        for metric in Self.all {
            #expect(try Metric(key: metric.key) == metric)
            #expect(try Metric(key: metric.key.uppercased()) == metric)
        }
        #expect(Set(Self.all.map(\.key)).count == Self.all.count)
    }

    @Test(arguments: [
        "", "P", "P@", "P@0", "P@-1", "P@x", "P@10@10", "mAP@", "mAP@/min", "P@10/min", "AP", "nDCG@1.5",
        "P@99999999999999999999",
    ])
    func refusesKeysThatAreNone(_ key: String) {
        #expect { _ = try Metric(key: key) } throws: { ($0 as? LabError)?.code == .invalidMetric }
    }

    @Test func refusesTwoPlacesForOneImageAndScoresThatAreNoNumbers() {
        let (a, b) = (LabelledImage.ID("a"), LabelledImage.ID("b"))
        #expect { _ = try JudgedRanking(scores: [(a, 1), (b, 2), (a, 3)], grades: [:]) } throws: {
            ($0 as? LabError)?.code == .invalidRanking
        }
        #expect { _ = try JudgedRanking(scores: [(a, 1), (b, .nan)], grades: [:]) } throws: {
            ($0 as? LabError)?.message.contains("'b'") == true
        }
    }

    @Test func theOrderOfTheInputDoesNotMatter() throws {
        var generator = SeededGenerator(seed: 11)
        var scores: [(image: LabelledImage.ID, score: Float)] = []
        var grades: [LabelledImage.ID: Int] = [:]
        for number in 0..<50 {
            let id = LabelledImage.ID("i\(number)")
            scores.append((id, Float(Int.random(in: 0..<4, using: &generator))))
            if number % 5 == 0 { grades[id] = number % 3 }
        }
        let first = try JudgedRanking(scores: scores, grades: grades)
        for _ in 0..<20 {
            scores.shuffle(using: &generator)
            #expect(try JudgedRanking(scores: scores, grades: grades) == first)
        }
    }
}
