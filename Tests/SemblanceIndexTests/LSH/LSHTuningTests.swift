import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

@Suite struct LSHTuningTests {
    private static let vectors = clusteredVectors(8000, dimension: 32, seed: 1)

    private func tuning(recall: Double) -> LSHTuning {
        var tuning = LSHTuning()
        tuning.recall = recall
        tuning.queryCount = 200
        tuning.maximumTableCount = 16
        return tuning
    }

    @Test(arguments: [0.7, 0.9, 0.97])
    func reachesTheWantedRecallOnVectorsItHasNotSeen(_ recall: Double) async throws {
        let tuned = try tuning(recall: recall).parameters(for: Self.vectors)
        #expect(tuned.isReached && tuned.chosenRecall >= recall)
        // 100 queries with 10 neighbours each: the recall of one set of queries is within a few hundredths of another's.
        #expect(abs(tuned.checkedRecall - recall) < 0.06, "\(tuned)")
        let bench = try await HashedBench(Self.vectors, tuned.parameters)
        let measured = try await bench.recall(of: clusteredVectors(300, dimension: 32, seed: 2))
        #expect(abs(measured - recall) < 0.06, "\(measured) with \(tuned)")
        #expect(tuned.candidateShare < 0.25)
    }

    @Test func aHigherRecallCostsMore() throws {
        let low = try tuning(recall: 0.6).parameters(for: Self.vectors)
        let high = try tuning(recall: 0.98).parameters(for: Self.vectors)
        #expect(high.candidateShare > low.candidateShare)
    }

    @Test func theSameSeedGivesTheSameParameters() throws {
        let vectors = Array(Self.vectors.prefix(2000))
        let first = try tuning(recall: 0.9).parameters(for: vectors)
        #expect(try tuning(recall: 0.9).parameters(for: vectors) == first)
    }

    @Test func refusesWhatCannotBeTuned() {
        func code(_ change: (inout LSHTuning) -> Void, _ vectors: [Embedding] = Self.vectors) -> IndexErrorCode? {
            var tuning = LSHTuning()
            change(&tuning)
            return #expect(throws: IndexError.self) { try tuning.parameters(for: vectors) }?.code
        }
        #expect(code({ $0.recall = 1 }) == .invalidParameters)
        #expect(code({ $0.recall = 0 }) == .invalidParameters)
        #expect(code({ $0.recall = .nan }) == .invalidParameters)
        #expect(code({ $0.limit = 0 }) == .invalidParameters)
        #expect(code({ $0.queryCount = 19 }) == .invalidParameters)
        #expect(code({ $0.maximumTableCount = 257 }) == .invalidParameters)
        #expect(code({ _ in }, Array(Self.vectors.prefix(99))) == .invalidParameters)
    }
}
