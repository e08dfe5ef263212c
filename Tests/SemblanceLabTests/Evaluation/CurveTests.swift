import SemblanceCore
import SemblanceLab
import Testing

@Suite struct CurveTests {
    @Test func precisionIsInterpolatedFromTheRight() {
        // Relevant images at ranks 1, 3 and 4 of 5, and a fourth that is not found.
        let ranking = JudgedRanking(
            hits: [1, 3, 4].map { JudgedRanking.Hit(rank: $0, grade: 1) }, retrievedCount: 5,
            relevantGrades: [1, 1, 1, 1])
        let precisions = PrecisionRecall.precisions(of: ranking)
        let expected = PrecisionRecall.levels.map { $0 <= 0.25 ? 1.0 : $0 <= 0.75 ? 0.75 : 0 }
        #expect(precisions == expected)
    }

    @Test func aCutOffCountsWhatItShows() {
        var histogram = ScoreHistogram()
        for score in [Float(0.9), 0.8, 0.7, 0.2] { histogram.add(score, isRelevant: true) }
        for score in [Float(0.75), 0.1, 0.1, 0, -1] { histogram.add(score, isRelevant: false) }
        histogram.add(1, isRelevant: true)
        let cutOffs = histogram.cutOffs(queryCount: 2, relevantTotal: 6)
        #expect(cutOffs.first.map { [$0.precision, $0.recall, $0.shownPerQuery] } == [1, 1.0 / 6, 0.5])
        let best = cutOffs.max { $0.f1 < $1.f1 }
        #expect(best.map { [$0.precision, $0.recall, $0.shownPerQuery] } == [5.0 / 6, 5.0 / 6, 3])
        #expect(best.map { abs($0.score - 0.2) < 0.0011 && $0.score <= 0.2 } == true)
        #expect(cutOffs.last.map { [$0.score, $0.precision, $0.recall] } == [-1, 0.5, 5.0 / 6])
    }

    @Test func confusionFollowsTheNearestImage() async throws {
        let evaluation = try await EvaluationFixture(imageCount: 40, classCount: 3).evaluate()
        let confusion = try #require(evaluation.confusion)
        #expect(confusion.labels == ["class 0", "class 1", "class 2"])
        #expect(confusion.counts.map { $0.reduce(0, +) } == [14, 13, 13])
        let right = evaluation.queries.count { $0.nearest[0].grade > 0 }
        #expect(confusion.labels.indices.reduce(0) { $0 + confusion.counts[$1][$1] } == right)
        let wrong = confusion.mistakes.reduce(0) { $0 + $1.count }
        #expect(right + wrong == 40 && wrong > 0)
        #expect(zip(confusion.mistakes, confusion.mistakes.dropFirst()).allSatisfy { $0.count >= $1.count })
    }

    @Test func suggestsCutOffsThatTheHistogramBearsOut() async throws {
        let fixture = try EvaluationFixture(imageCount: 80, classCount: 5, steps: 20)
        let evaluation = try await fixture.evaluate()
        let balanced = try #require(evaluation.suggestedCutOffs?.balanced)
        // Counted again, pair by pair.
        var (shown, right, all) = (0, 0, 0)
        for query in evaluation.task.queries {
            let relevant = Set(evaluation.task.relevant(to: query).map(\.position))
            all += relevant.count
            for position in evaluation.task.gallery where position != query {
                guard Double(fixture.embeddings.matrix.score(query, position)) >= balanced.score else { continue }
                shown += 1
                right += relevant.contains(position) ? 1 : 0
            }
        }
        #expect(abs(balanced.precision - Double(right) / Double(shown)) < 1e-3)
        #expect(abs(balanced.recall - Double(right) / Double(all)) < 1e-3)
        #expect(abs(balanced.shownPerQuery - Double(shown) / 80) < 0.2)
    }

    @Test func whatQueriesWithoutAnAnswerShowIsOnTheirAccount() async throws {
        var judgements = Judgements()
        for (query, image) in [(0, 2), (1, 3)] {
            let isNew = judgements.judge(image, for: query, as: 1)
            #expect(isNew)
        }
        // Queries 4 and 5 have nothing to find.
        let images = (0..<6).map { number in
            LabelledImage(
                id: .init("\(number)"), path: "\(number)", labels: [],
                role: [0, 1, 4, 5].contains(number) ? .query : .gallery)
        }
        let set = try LabelledSet(name: "copies", images: images, relevance: .judgements(judgements))
        var matrix = EmbeddingMatrix(rowCount: 6, dimension: 2)
        // All queries are near image 2.
        for row in 0..<6 { matrix[row] = Embedding(unit: row == 3 ? [0, 1] : [1, 0]) }
        let embeddings = SetEmbeddings(
            set, model: ModelVersion(modelID: "numbers", digest: "0", dimension: 2), matrix: matrix, unusable: [],
            identical: [])
        let evaluation = try await Evaluator(threadCount: 1).evaluate(embeddings)
        #expect(evaluation.queries.count == 2 && evaluation.task.askedQueries == [0, 1, 4, 5])
        // Every query shows image 2, for one of them it is right.
        let balanced = try #require(evaluation.suggestedCutOffs?.balanced)
        #expect(balanced.shownPerQuery == 2 && balanced.precision == 0.25 && balanced.recall == 1)
    }
}
