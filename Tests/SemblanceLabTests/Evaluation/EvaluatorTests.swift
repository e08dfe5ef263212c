import SemblanceCore
import SemblanceLab
import SemblanceTesting
import Testing

@Suite struct EvaluatorTests {
    @Test(arguments: [(1, 7), (2, 7), (100, 3), (1, 60)])
    func ranksAsSortingTheWholeGalleryDoes(steps: Int, classCount: Int) async throws {
        let fixture = try EvaluationFixture(
            imageCount: 120, classCount: classCount, steps: steps, unusable: [3, 50], identical: [[7, 7 + classCount]])
        let evaluation = try await fixture.evaluate()
        #expect(evaluation.queries.count > 50)
        for result in evaluation.queries {
            let expected = try fixture.sorted(result.query, in: evaluation.task)
            #expect(result.values == evaluation.metrics.map { $0.value(of: expected) })
            #expect(result.relevantCount == expected.relevantCount)
            let hits = result.nearest.enumerated().filter { $0.element.grade > 0 }.map { $0.offset + 1 }
            #expect(hits == expected.hits.map(\.rank).filter { $0 <= 10 })
        }
    }

    @Test func looksForQueriesInTheGalleryOnly() async throws {
        let fixture = try EvaluationFixture(imageCount: 60, classCount: 4) { $0 % 3 == 0 ? .query : .gallery }
        let evaluation = try await fixture.evaluate()
        #expect(evaluation.queries.map(\.query) == (0..<60).filter { $0 % 3 == 0 })
        #expect(evaluation.queries.allSatisfy { $0.nearest.allSatisfy { $0.position % 3 != 0 } })
        for result in evaluation.queries {
            let expected = try fixture.sorted(result.query, in: evaluation.task)
            #expect(result.values == evaluation.metrics.map { $0.value(of: expected) })
        }
    }

    @Test func isTheSameOnAnyNumberOfThreads() async throws {
        let fixture = try EvaluationFixture(imageCount: 150, classCount: 10)
        let evaluations = [try await fixture.evaluate(threadCount: 1), try await fixture.evaluate(threadCount: 5)]
        #expect(evaluations[0].overall == evaluations[1].overall)
        #expect(evaluations[0].classes == evaluations[1].classes)
        #expect(evaluations[0].precisionRecall == evaluations[1].precisionRecall)
        #expect(evaluations[0].scores == evaluations[1].scores)
    }

    @Test func anIndexThatReturnsEverythingIsExact() async throws {
        let fixture = try EvaluationFixture(imageCount: 90, classCount: 6, identical: [[2, 8]])
        let index = try await Self.index(of: fixture)
        let exact = try await fixture.evaluate()
        let found = try await fixture.evaluate(
            by: .index(limit: 90) { try await index.search(near: $0, limit: $1, minimumScore: nil, matching: nil) })
        #expect(found.queries.count == exact.queries.count)
        for (left, right) in zip(found.queries, exact.queries) {
            #expect(zip(left.values, right.values).allSatisfy { abs($0 - $1) < 1e-9 })
        }
    }

    @Test func whatAnIndexDoesNotReturnWasNotFound() async throws {
        let fixture = try EvaluationFixture(imageCount: 90, classCount: 6, steps: 100)
        let exact = try await fixture.evaluate([.averagePrecision, .precision(at: 5), .recall(at: 50)])
        let index = try await Self.index(of: fixture)
        let found = try await fixture.evaluate(
            [.averagePrecision, .precision(at: 5), .recall(at: 50)],
            by: .index(limit: 5) { try await index.search(near: $0, limit: $1, minimumScore: nil, matching: nil) })
        for (result, whole) in zip(found.queries, exact.queries) {
            #expect(result.nearest.count == 5)
            #expect(result.values[1] == whole.values[1])
            #expect(abs(result.values[2] * Double(result.relevantCount) - result.values[1] * 5) < 1e-9)
            #expect(result.values[0] <= whole.values[0])
        }
    }

    /// Holds every image, the queries as well: a query must not lose a place to itself.
    private static func index(of fixture: EvaluationFixture) async throws -> InMemoryVectorIndex {
        let index = InMemoryVectorIndex(
            dimension: fixture.embeddings.matrix.dimension, catalogue: Catalogue.ID(rawValue: 1), filters: nil)
        let rows = 0..<fixture.embeddings.matrix.rowCount
        try await index.insert(rows.map { (CatalogueImage.ID(rawValue: Int64($0)), fixture.embeddings.matrix[$0]) })
        return index
    }

    @Test func meansAreOverQueriesOverallAndInEachClass() async throws {
        let fixture = try EvaluationFixture(imageCount: 50, classCount: 4)
        let evaluation = try await fixture.evaluate()
        let values = try #require(evaluation.values(of: .averagePrecision))
        let estimate = try #require(evaluation.estimate(of: .averagePrecision))
        #expect(abs(estimate.value - values.reduce(0, +) / 50) < 1e-12)
        #expect(estimate.interval.contains(estimate.value) && estimate.queryCount == 50)
        #expect(evaluation.classes.map(\.label) == ["class 0", "class 1", "class 2", "class 3"])
        #expect(evaluation.classes.map(\.imageCount) == [13, 13, 12, 12])
        let second = zip(evaluation.queries, values).filter { $0.0.query % 4 == 1 }.map(\.1)
        #expect(abs(evaluation.classes[1].estimates[0].value - second.reduce(0, +) / 13) < 1e-12)
    }

    @Test func namesACutoffThatCannotBeReached() async throws {
        let fixture = try EvaluationFixture(imageCount: 10, classCount: 2)
        let evaluation = try await fixture.evaluate([.precision(at: 9), .precision(at: 10), .averagePrecision])
        #expect(evaluation.issues.examples.filter { $0.kind == .cutoffBeyondGallery }.map(\.subject) == ["P@10"])
    }

    @Test func stopsWhenItIsCancelled() async throws {
        let fixture = try EvaluationFixture(imageCount: 400, classCount: 4, dimension: 64)
        let evaluator = Evaluator(threadCount: 1)
        let task = Task {
            try await evaluator.evaluate(fixture.embeddings) { _, _ in withUnsafeCurrentTask { $0?.cancel() } }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
