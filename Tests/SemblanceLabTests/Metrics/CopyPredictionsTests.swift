import SemblanceLab
import Testing

@Suite struct CopyPredictionsTests {
    @Test func scoresOfDifferentQueriesAreWeighedAgainstEachOther() {
        // Each query alone is answered without a fault; together a wrong pair comes before a right one.
        var predictions = CopyPredictions()
        predictions.add(
            [(image: 0, score: 0.9, isRight: true), (image: 1, score: 0.8, isRight: false)], for: 0, rightCount: 1)
        predictions.add([(image: 2, score: 0.5, isRight: true)], for: 1, rightCount: 1)
        #expect(abs(predictions.averagePrecision() - (1 + 2.0 / 3) / 2) < 1e-12)
    }

    @Test func aQueryWithNothingToFindCostsWhatItFindsWrongly() {
        var predictions = CopyPredictions()
        predictions.add([(image: 0, score: 0.7, isRight: true)], for: 0, rightCount: 1)
        #expect(predictions.averagePrecision() == 1)
        predictions.add([(image: 0, score: 0.8, isRight: false)], for: 1, rightCount: 0)
        #expect(predictions.averagePrecision() == 0.5)
    }

    @Test func rightPairsThatWereNotFoundCount() {
        var predictions = CopyPredictions()
        predictions.add([(image: 0, score: 0.7, isRight: true)], for: 0, rightCount: 4)
        #expect(predictions.averagePrecision() == 0.25)
    }

    @Test func nothingRightIsNought() {
        var predictions = CopyPredictions()
        #expect(predictions.averagePrecision() == 0)
        predictions.add([(image: 0, score: 0.7, isRight: false)], for: 0, rightCount: 0)
        #expect(predictions.averagePrecision() == 0)
    }

    @Test func aResampleCountsAQueryAsOftenAsItWasDrawn() {
        var (twice, weighted) = (CopyPredictions(), CopyPredictions())
        let found = [(image: 0, score: Float(0.9), isRight: false), (image: 1, score: 0.4, isRight: true)]
        twice.add(found, for: 0, rightCount: 1)
        twice.add(found, for: 1, rightCount: 1)
        weighted.add(found, for: 0, rightCount: 1)
        weighted.add([(image: 5, score: 0.8, isRight: true)], for: 1, rightCount: 3)
        weighted.sort()
        #expect(weighted.averagePrecision { $0 == 0 ? 2 : 0 } == twice.averagePrecision())
    }
}
