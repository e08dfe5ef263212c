import SemblanceLab
import Testing

/// Metrics are trec_eval's to 1e-9, on random and adversarial rankings.
@Suite struct ReferenceAgreementTests {
    let references: MetricReferences

    init() throws { references = try MetricReferences() }

    @Test func agreesWithTRECEvalOnEveryRanking() throws {
        #expect(references.rankings.count >= 80)
        #expect(references.metrics.count >= 30)
        for reference in references.rankings {
            let ranking = try JudgedRanking(scores: reference.run, grades: reference.judged)
            for (metric, expected) in zip(references.metrics, reference.expected) {
                let found = metric.value(of: ranking)
                #expect(abs(found - expected) < 1e-9, "\(metric.key) of '\(reference.name)': \(found), not \(expected)")
            }
        }
    }

    /// The reference must hold more than zeros and ones for the agreement to mean something.
    @Test func referencesCoverTheRangeOfEveryMetric() {
        for (index, metric) in references.metrics.enumerated() {
            let values = Set(references.rankings.map { $0.expected[index] })
            let isAllOrNothing = metric.key.hasPrefix("hit") || ["P@1", "P@2"].contains(metric.key)
            #expect(values.count >= (isAllOrNothing ? 2 : 5), "\(metric.key): \(values)")
        }
    }

    @Test func microAveragePrecisionAgreesWithTRECEvalOnThePooledPairs() {
        for (number, reference) in references.copies.enumerated() {
            var predictions = CopyPredictions()
            for query in 0..<8 {
                let right = Set(reference.right.filter { $0.query == query }.map(\.image))
                let found = reference.pairs.filter { $0.query == query }
                predictions.add(
                    found.map { (image: $0.image, score: $0.score, isRight: right.contains($0.image)) }, for: query,
                    rightCount: right.count)
            }
            let value = predictions.averagePrecision()
            #expect(abs(value - reference.expected) < 1e-9, "case \(number): \(value), not \(reference.expected)")
        }
        #expect(Set(references.copies.map(\.expected)).count >= 4)
    }
}
