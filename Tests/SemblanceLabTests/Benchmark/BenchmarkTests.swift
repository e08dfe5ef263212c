import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceTesting
import Synchronization
import Testing

@Suite struct BenchmarkTests {
    @Test func measuresEveryModelOnEverySetAndEveryIndex() async throws {
        let fixture = try BenchmarkFixture()
        let rows = try await fixture.run(
            fixture.plan(
                [fixture.model("fine"), fixture.model("coarse", gridSize: 1)],
                [fixture.index("exact"), fixture.index("half", finding: 0.5)]))
        #expect(rows.map(\.title) == ["fine · f32", "coarse · f32"])
        for row in rows {
            let quality = try #require(row.quality.value)
            #expect(quality.sets.map(\.set) == ["first", "second"])
            #expect(quality.sets.map(\.imageCount) == [40, 41] && quality.sets.map(\.brokenCount) == [0, 1])
            #expect(quality.sets.allSatisfy { $0.values.map(\.metric) == ["mAP", "P@10", "R@10", "nDCG@10"] })
            #expect(quality.sets.flatMap(\.values).allSatisfy { $0.low <= $0.value && $0.value <= $0.high })
            let speed = try #require(row.speed?.value)
            #expect(speed.latency.count == 10 && speed.latency.p50 > 0 && speed.latency.p50 <= speed.latency.p99)
            #expect(speed.imagesPerSecond > 0 && speed.loadSeconds >= 0)
            #expect(row.indexes.map(\.index) == ["exact", "half", "exact", "half"])
            let results = row.indexes.compactMap(\.outcome.value)
            // A picture that is there twice counts once: 20 pictures of the first set, 40 of the second; 6 are queries, and
            // 6 are kept for tuning.
            #expect(results.map(\.vectorCount) == [48, 48, 300, 300])
            #expect(results.map(\.queryCount) == [6, 6, 6, 6])
            #expect(results[0].recall == 1 && results[2].recall == 1)
            #expect(results[1].recall < 0.9 && results[3].recall < 0.9)
            #expect(results.allSatisfy { $0.latency.p50 > 0 && $0.queriesPerSecond > 0 })
            #expect(results[0].bytesPerVector == Double(4 * quality.dimension))
        }
    }

    @Test func saysWhatAnIndexCostsInQuality() async throws {
        let fixture = try BenchmarkFixture()
        let rows = try await fixture.run(
            fixture.plan([fixture.model("fine")], [fixture.index("exact"), fixture.index("empty", finding: 0)]))
        let found = rows[0].indexQualities
        #expect(found.map(\.set) == ["first", "first", "second", "second"])
        #expect(found.map(\.index) == ["exact", "empty", "exact", "empty"])
        let values = try found.map { try #require($0.outcome.value) }
        #expect(values.allSatisfy { $0.map(\.metric) == ["mAP@1000", "mAP@5", "P@5", "R@5", "nDCG@5"] })
        // Those of an evaluation: of the whole ranking, since the set is small, and as far as the fifth image.
        let embeddings = try await SetEmbedder(reader: SmallImageReader(), threadCount: 2)
            .embed(fixture.sets[1], with: SmallEmbedder(modelID: "fine"))
        let metrics: [Metric] = [
            .averagePrecision, .averagePrecisionAt(5, .relevant), .precision(at: 5), .recall(at: 5), .nDCGAt(5),
        ]
        let evaluation = try await Evaluator(Evaluator.Options(metrics: metrics), threadCount: 2).evaluate(embeddings)
        for (value, estimate) in zip(values[2], evaluation.overall) {
            #expect(abs(value.value - estimate.value) < 1e-6)
        }
        #expect((values[0] + values[2]).allSatisfy { $0.value > 0 })
        #expect((values[1] + values[3]).allSatisfy { $0.value == 0 })
        let report = Self.report(fixture.plan([fixture.model("fine")]), rows)
        #expect(report.indexQualityTables.map(\.rows.count) == [4])
        #expect(report.issueLines.contains { $0.hasPrefix("second: 1 ") })
        #expect(report.html.contains("answers through each index"))
    }

    /// Sets differ in how long their pictures take to decode.
    @Test func timesSingleImagesOfEverySet() async throws {
        let fixture = try BenchmarkFixture()
        let seen = SeenImages()
        let rows = try await fixture.run(
            fixture.plan([fixture.model("fine") { WatchedEmbedder(model: $0, seen: seen) }]))
        #expect(rows[0].speed?.value?.latency.count == 10)
        // The last, after those of the quality's batches: in each of two rounds eight that warm up, and five. Pictures of
        // the second set have one colour.
        let timed = Array(seen.all.suffix(2 * (8 + 5)))
        for round in [timed[8..<13], timed[21..<26]] {
            #expect(round.contains(true) && round.contains(false), "\(timed)")
        }
    }

    @Test func measuresIndexesInEveryPrecision() async throws {
        let fixture = try BenchmarkFixture()
        let plan = fixture.plan(
            [fixture.model("fine"), fixture.model("fine", "int8", gridSize: 1)],
            [fixture.index("exact"), fixture.index("half", finding: 0.5)])
        let rows = try await fixture.run(plan)
        #expect(rows.map(\.title) == ["fine · f32", "fine · int8"])
        for row in rows {
            #expect(row.indexes.map(\.index) == ["exact", "half", "exact", "half"])
            #expect(row.indexQualities.map(\.index) == ["exact", "half", "exact", "half"])
        }
        // Each has its own vectors.
        #expect(rows.map { $0.indexes[0].outcome.value?.dimension } == rows.map { $0.quality.value?.dimension })
        #expect(rows[0].indexQualities[0].outcome != rows[1].indexQualities[0].outcome)
        // Both stand in one table.
        let report = Self.report(plan, rows)
        #expect(report.indexTables.map(\.rows.count) == [4, 4] && report.indexQualityTables.map(\.rows.count) == [8])
        #expect(report.indexTables[0].rows.map { $0[1] } == ["f32", "f32", "int8", "int8"])
        #expect(
            report.findings.sentences.contains { $0.hasPrefix("At most, half changes of the exact scan's answers: ") })
        #expect(report.findings.sentences.contains { $0.hasPrefix("The recall of one index in two precisions") })
    }

    @Test func measuresAgainWhatHasChanged() async throws {
        let fixture = try BenchmarkFixture()
        var plan = fixture.plan([fixture.model("fine")])
        _ = try await fixture.run(plan)
        _ = fixture.loads.take()
        _ = try await fixture.run(plan)
        #expect(fixture.loads.take() == [:], "nothing has changed")
        // Relevance.
        let graded = SetOptions(gradesBySharedLabels: true)
        plan.sets[0] = try LabelledSet(at: fixture.folder.path("sets/first"), options: graded)
        _ = try await fixture.run(plan)
        #expect(fixture.loads.take() == ["fine": 3])
        // A picture.
        try fixture.folder.write(SmallImage.numbered(3), to: "sets/second/colour 1/broken.png")
        let rows = try await fixture.run(plan)
        #expect(fixture.loads.take() == ["fine": 3] && rows[0].quality.value?.sets[1].brokenCount == 0)
    }

    /// The matrix's numbers are those of 'evaluate'.
    @Test func qualityIsThatOfAnEvaluation() async throws {
        let fixture = try BenchmarkFixture()
        let rows = try await fixture.run(fixture.plan([fixture.model("fine")]))
        let embeddings = try await SetEmbedder(reader: SmallImageReader(), threadCount: 2)
            .embed(fixture.sets[1], with: SmallEmbedder(modelID: "fine"))
        let evaluation = try await Evaluator(threadCount: 2).evaluate(embeddings)
        let quality = try #require(rows[0].quality.value?.sets[1])
        for metric in [Metric.averagePrecision, .precision(at: 10), .recall(at: 10), .nDCGAt(10)] {
            #expect(quality[metric]?.value == evaluation.estimate(of: metric)?.value)
        }
    }

    @Test func aModelThatFailsIsReportedAndTheRestRuns() async throws {
        let fixture = try BenchmarkFixture()
        let calls = CallCount()
        let failing = fixture.model("tired") { TiringEmbedder(model: $0, calls: calls, limit: 45) }
        let missing = fixture.model("missing") { _ in
            throw ModelError(.weightsMissing, "The weights of 'missing' are not on this machine.")
        }
        let rows = try await fixture.run(
            fixture.plan([missing, failing, fixture.model("fine")], [fixture.index("exact")]))
        #expect(rows[0].quality.failure?.code == "model-weights-missing" && rows[0].speed == nil)
        #expect(rows[0].indexes.isEmpty)
        // Its embeddings were made; in its second round it failed.
        #expect(rows[1].quality.value != nil)
        #expect(rows[1].speed?.failure?.message == "The engine has had enough.")
        #expect(rows[2].quality.value != nil && rows[2].speed?.value != nil && rows[2].indexes.count == 2)
        let report = Self.report(fixture.plan([missing]), rows)
        #expect(report.failures.map(\.name) == ["missing · f32", "tired · f32"])
        #expect(report.html.contains("The engine has had enough."))
    }

    @Test func anIndexThatFailsStandsBesideTheOthers() async throws {
        let fixture = try BenchmarkFixture()
        let failing = BenchmarkIndex(name: "closed") { _, _, _ in throw IndexError(.failed, "The server is away.") }
        let plan = fixture.plan([fixture.model("fine")], [failing, fixture.index("exact")])
        let rows = try await fixture.run(plan)
        #expect(
            rows[0].indexes.map(\.outcome.failure?.message) == ["The server is away.", nil, "The server is away.", nil])
        // What failed is tried again; here the server is back.
        let mended = fixture.plan([fixture.model("fine")], [fixture.index("closed"), fixture.index("exact")])
        #expect(try await fixture.run(mended)[0].indexes.allSatisfy { $0.outcome.value?.recall == 1 })
    }

    @Test func whatWasMeasuredIsNotMeasuredAgain() async throws {
        let fixture = try BenchmarkFixture()
        let models = [fixture.model("fine"), fixture.model("coarse", gridSize: 1)]
        let first = try await fixture.run(fixture.plan(models, [fixture.index("exact")]))
        // Quality, two rounds, and twice the vectors for indexes.
        #expect(fixture.loads.take() == ["fine": 5, "coarse": 5])
        #expect(try await fixture.run(fixture.plan(models, [fixture.index("exact")])) == first)
        #expect(fixture.loads.take() == [:])
        // Another round is measured, and no more than that; indexes depend on the number of rounds as well.
        var plan = fixture.plan([models[0]])
        plan.options.roundCount = 3
        #expect(try await fixture.run(plan)[0].speed?.value?.latency.count == 15)
        #expect(fixture.loads.take() == ["fine": 1])
        // Other weights are another model.
        let changed = BenchmarkModel(
            base: "fine", modelID: "fine", precision: "f32", fingerprint: "new", load: models[0].load)
        _ = try await fixture.run(fixture.plan([changed]))
        #expect(fixture.loads.take() == ["fine": 3])
    }

    @Test func anInterruptedRunGoesOnWhereItWas() async throws {
        let fixture = try BenchmarkFixture()
        let fine = fixture.model("fine")
        let stopping = fixture.model("slow", gridSize: 2) { model in
            withUnsafeCurrentTask { $0?.cancel() }
            return model
        }
        await #expect(throws: CancellationError.self) {
            try await Task { try await fixture.run(fixture.plan([fine, stopping])) }.value
        }
        #expect(fixture.loads.take() == ["fine": 1, "slow": 1])
        let rows = try await fixture.run(fixture.plan([fine, fixture.model("slow", gridSize: 2)]))
        #expect(rows.allSatisfy { $0.quality.value != nil && $0.speed?.value != nil })
        #expect(fixture.loads.take() == ["fine": 2, "slow": 3])
    }

    @Test func progressReachesItsEnd() async throws {
        let fixture = try BenchmarkFixture()
        let box = ProgressBox()
        _ = try await Benchmark(
            fixture.plan([fixture.model("fine")], [fixture.index("exact")]), reader: SmallImageReader(),
            folder: fixture.folder.path("results")
        ).run { box.add($0) }
        let steps = box.all
        #expect(steps.allSatisfy { $0.total == 6 && $0.done <= $0.total && !$0.step.isEmpty })
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.done <= $1.done })
        #expect(steps.last?.done == 5)
    }

    @Test func refusesWhatCannotBeMeasured() throws {
        let fixture = try BenchmarkFixture()
        let model = fixture.model("fine")
        func code(_ plan: BenchmarkPlan) -> LabErrorCode? {
            #expect(throws: LabError.self) {
                try Benchmark(plan, reader: SmallImageReader(), folder: fixture.folder.path("results"))
            }?.code
        }
        #expect(code(fixture.plan([])) == .invalidBenchmark)
        #expect(code(fixture.plan([model, model])) == .invalidBenchmark)
        #expect(code(fixture.plan([model], [fixture.index("a"), fixture.index("a")])) == .invalidBenchmark)
        var plan = fixture.plan([model], [fixture.index("a")])
        plan.sets = []
        #expect(code(plan) == .invalidBenchmark)
        plan.sets = [fixture.sets[0], fixture.sets[0]]
        #expect(code(plan) == .invalidBenchmark)
        plan.sets = fixture.sets
        for k in [0, 81, 1001] {
            plan.options.limit = k
            #expect(code(plan) == .invalidBenchmark, "\(k)")
        }
    }

    @Test func moreNeighboursThanCanBeHeldOutAreReported() async throws {
        let fixture = try BenchmarkFixture()
        var plan = fixture.plan([fixture.model("fine")], [fixture.index("exact")])
        plan.options.limit = 70
        let rows = try await fixture.run(plan)
        #expect(rows[0].quality.value != nil)
        #expect(rows[0].indexes.allSatisfy { $0.outcome.failure?.code == "set-unusable" })
    }

    static func report(_ plan: BenchmarkPlan, _ rows: [ModelRow]) -> BenchmarkReport {
        BenchmarkReport(
            plan, rows: rows, leftOut: [LeftOut(name: "vgg16", reason: "its weights are not on this machine")],
            circumstances: BenchmarkCircumstances(
                machine: Machine(
                    processor: "A <fast> one", coreCount: 2, memoryByteCount: 24_000_000_000, system: "Debian"),
                versions: ["Semblance": "0.1.0"], loadAtStart: 0.25),
            command: "semblance benchmark 'a & b'", createdAt: Date(timeIntervalSince1970: 0))
    }
}

/// Progress in the order in which it came.
private final class ProgressBox: Sendable {
    private let seen = Mutex<[Benchmark.Progress]>([])
    var all: [Benchmark.Progress] { seen.withLock { $0 } }
    func add(_ progress: Benchmark.Progress) { seen.withLock { $0.append(progress) } }
}
