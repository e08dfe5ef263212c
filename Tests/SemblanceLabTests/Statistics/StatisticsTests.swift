import Foundation
import SemblanceLab
import Testing

@Suite struct StatisticsTests {
    /// Roughly normal values: the sum of twelve uniform ones (Irwin–Hall), less six.
    private static func normal(_ count: Int, _ generator: inout SeededGenerator, mean: Double = 0) -> [Double] {
        var values: [Double] = []
        for _ in 0..<count {
            var sum = mean - 6
            for _ in 0..<12 { sum += Double.random(in: 0..<1, using: &generator) }
            values.append(sum)
        }
        return values
    }

    @Test func generatorGivesThePublishedNumbers() {
        // The first outputs of the reference implementation for this seed (Vigna, splitmix64.c).
        var generator = SeededGenerator(seed: 1_234_567)
        let first = [generator.next(), generator.next(), generator.next()]
        #expect(first == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test func intervalsHoldTheTrueMeanAboutAsOftenAsTheySay() throws {
        var generator = SeededGenerator(seed: 3)
        let bootstrap = Bootstrap(resampleCount: 400)
        var heldCount = 0
        for _ in 0..<300 {
            let values = Self.normal(60, &generator, mean: 0.4)
            if try #require(bootstrap.interval(ofMean: values)).contains(0.4) { heldCount += 1 }
        }
        // 95% of 300 is 285; the standard deviation 3.8.
        #expect((270...297).contains(heldCount), "\(heldCount) of 300")
    }

    @Test func intervalIsAsWideAsTheStandardErrorSays() throws {
        var generator = SeededGenerator(seed: 4)
        let values = Self.normal(500, &generator)
        let mean = values.reduce(0, +) / 500
        let error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 499 / 500).squareRoot()
        let interval = try #require(Bootstrap().interval(ofMean: values))
        #expect(abs(interval.lowerBound - (mean - 1.96 * error)) < 0.2 * error)
        #expect(abs(interval.upperBound - (mean + 1.96 * error)) < 0.2 * error)
    }

    @Test func aSeedGivesTheSameIntervalAgainAndAnotherSeedAnother() {
        let values = (0..<40).map { Double($0 * $0 % 17) / 17 }
        #expect(Bootstrap(seed: 5).interval(ofMean: values) == Bootstrap(seed: 5).interval(ofMean: values))
        #expect(Bootstrap(seed: 5).interval(ofMean: values) != Bootstrap(seed: 6).interval(ofMean: values))
    }

    @Test func intervalOfOneValueIsThatValueAndOfNoneThereIsNone() {
        #expect(Bootstrap().interval(ofMean: [0.3]) == 0.3...0.3)
        #expect(Bootstrap().interval(ofMean: []) == nil)
    }

    @Test(arguments: [
        Bootstrap(resampleCount: 99), Bootstrap(resampleCount: 100_001), Bootstrap(level: 0), Bootstrap(level: 1),
        Bootstrap(level: .nan),
    ])
    func refusesResamplingOutOfRange(_ bootstrap: Bootstrap) {
        #expect { try bootstrap.validate() } throws: { ($0 as? LabError)?.code == .invalidMetric }
    }

    @Test func studentsPValuesAgreeWithSciPy() throws {
        for reference in try MetricReferences().paired {
            let value = try #require(StudentT.pValue(ofPaired: reference.differences))
            #expect(abs(value - reference.student) < 1e-9, "\(value), not \(reference.student)")
        }
    }

    @Test func incompleteBetaAgreesWithSciPy() throws {
        for reference in try MetricReferences().beta {
            let value = StudentT.incompleteBeta(reference[0], reference[1], reference[2])
            #expect(abs(value - reference[3]) < 1e-9, "\(reference): \(value)")
        }
    }

    @Test func exactRandomisationAgreesWithSciPy() throws {
        let references = try MetricReferences().paired.filter { $0.randomisation != nil }
        #expect(references.count >= 5)
        for reference in references {
            let value = RandomisationTest().pValue(of: reference.differences)
            #expect(abs(value - (reference.randomisation ?? -1)) < 1e-9, "\(reference)")
        }
    }

    @Test func sampledRandomisationIsCloseToStudentsForManyQueries() throws {
        for reference in try MetricReferences().paired where reference.differences.count >= 40 {
            let value = RandomisationTest().pValue(of: reference.differences)
            #expect(abs(value - reference.student) < 0.02)
        }
    }

    @Test func systemsThatAreOneAreFoundDifferentAsOftenAsChanceSays() {
        var generator = SeededGenerator(seed: 12)
        let test = RandomisationTest(permutationCount: 1000)
        var significantCount = 0
        for _ in 0..<400 where test.pValue(of: Self.normal(30, &generator)) <= 0.05 { significantCount += 1 }
        // 5% of 400 is 20; the standard deviation 4.4.
        #expect((7...34).contains(significantCount), "\(significantCount) of 400")
    }

    @Test func comparesTwoSystemsOnTheSameQueries() throws {
        let first = (0..<80).map { Double($0 * 37 % 80) / 100 }
        let second = first.enumerated().map { $1 + ($0 % 4 == 0 ? -0.02 : 0.05) }
        let comparison = try PairedComparison(of: first, and: second)
        #expect(abs(comparison.meanDifference - 0.0325) < 1e-12)
        #expect(comparison.interval.contains(0.0325) && comparison.interval.lowerBound > 0)
        #expect(comparison.randomisationPValue < 0.001 && (comparison.studentPValue ?? 1) < 0.001)
        #expect((comparison.betterCount, comparison.worseCount, comparison.queryCount) == (60, 20, 80))

        let same = try PairedComparison(of: first, and: first)
        #expect(same.randomisationPValue == 1 && same.studentPValue == 1 && same.interval == 0...0)
    }

    @Test func swappingTheSystemsTurnsTheDifferenceRound() throws {
        let first = (0..<50).map { Double($0 * 17 % 50) / 50 }
        let second = (0..<50).map { Double($0 * 29 % 53) / 53 }
        let (one, other) = (try PairedComparison(of: first, and: second), try PairedComparison(of: second, and: first))
        #expect(abs(one.meanDifference + other.meanDifference) < 1e-12)
        #expect(one.randomisationPValue == other.randomisationPValue)
        #expect((one.betterCount, one.worseCount) == (other.worseCount, other.betterCount))
    }

    @Test func refusesSystemsThatAnsweredDifferentQueries() {
        #expect { _ = try PairedComparison(of: [1, 0], and: [1]) } throws: { ($0 as? LabError)?.code == .notComparable }
        #expect { _ = try PairedComparison(of: [], and: []) } throws: { ($0 as? LabError)?.code == .notComparable }
    }

    @Test func aSingleQueryProvesNothing() throws {
        let comparison = try PairedComparison(of: [0.1], and: [0.9])
        #expect(comparison.randomisationPValue == 1 && comparison.studentPValue == nil)
    }
}
