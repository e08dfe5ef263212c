import SemblanceCore
import SemblanceLab
import Testing

@Suite struct ComparisonTests {
    @Test func aModelDoesNotDifferFromItself() async throws {
        let evaluation = try await EvaluationFixture(imageCount: 60, classCount: 5).evaluate()
        let comparison = try EvaluationComparison(evaluation, evaluation)
        #expect(comparison.comparisons.allSatisfy { $0.meanDifference == 0 && $0.randomisationPValue == 1 })
        #expect(comparison.greatest(10).better.isEmpty && comparison.greatest(10).worse.isEmpty)
    }

    @Test func findsWhatDiffersAndByHowMuch() async throws {
        let first = try await EvaluationFixture(imageCount: 60, classCount: 5, seed: 1).evaluate()
        let second = try await EvaluationFixture(imageCount: 60, classCount: 5, seed: 2).evaluate()
        let comparison = try EvaluationComparison(first, second)
        #expect(comparison.queryMetric == .averagePrecision)
        for (place, result) in comparison.comparisons.enumerated() {
            #expect(abs(result.meanDifference - (second.overall[place].value - first.overall[place].value)) < 1e-12)
        }
        let (better, worse) = comparison.greatest(5)
        let differences = comparison.queries.map(\.difference).sorted()
        #expect(better.map(\.difference) == differences.suffix(5).reversed().filter { $0 > 0 })
        #expect(worse.map(\.difference) == differences.prefix(5).filter { $0 < 0 })
        #expect(better.allSatisfy { $0.first.query == $0.second.query })
    }

    @Test func leavesOutWhatOneModelCouldNotRead() async throws {
        let first = try await EvaluationFixture(imageCount: 60, classCount: 5, unusable: [7]).evaluate()
        let second = try await EvaluationFixture(imageCount: 60, classCount: 5, unusable: [11, 12]).evaluate()
        let comparison = try EvaluationComparison(first, second)
        #expect(comparison.queries.map(\.first.query) == (0..<60).filter { ![7, 11, 12].contains($0) })
        #expect(comparison.comparisons.allSatisfy { $0.queryCount == 57 })
    }

    @Test func refusesDifferentSetsAndMeasures() async throws {
        let first = try await EvaluationFixture(imageCount: 60, classCount: 5).evaluate()
        let others = [
            try await EvaluationFixture(imageCount: 61, classCount: 5).evaluate(),
            try await EvaluationFixture(imageCount: 60, classCount: 5).evaluate([.averagePrecision]),
        ]
        for other in others {
            #expect { _ = try EvaluationComparison(first, other) } throws: {
                ($0 as? LabError)?.code == .notComparable
            }
        }
    }
}
