import Foundation
import SemblanceCore
import SemblanceLab
import Testing

@Suite struct FindingTests {
    /// A row out of numbers, through the JSON that reports are made of.
    private func row(
        _ base: String, _ precision: String = "f32", map: Double, milliseconds: Double, dimension: Int = 64,
        byteCount: Int = 1000, values: [Double] = [0.5, 0.6], indexes: [(String, Double, Double)] = []
    ) throws -> ModelRow {
        let results = indexes.map { name, recall, time in
            """
            {"index": "\(name)", "collection": "augmented to 900", "outcome": {"done": {"index": "\(name)",
             "collection": "augmented to 900", "vectorCount": 900, "dimension": \(dimension), "queryCount": 5,
             "recall": \(recall), "latency": {"count": 5, "p50": \(time), "p95": 9, "p99": 9},
             "queriesPerSecond": 100, "buildSeconds": 1, "byteCount": 9000, "settings": ""}}}
            """
        }
        let json = """
            {"title": "\(base) · \(precision)", "base": "\(base)", "modelID": "\(base)", "precision": "\(precision)",
             "quality": {"done": {"dimension": \(dimension), "digest": "00", "modelByteCount": \(byteCount),
             "sets": [{"set": "s", "imageCount": 9, "brokenCount": 0, "issueCounts": {}, "queryCount": 2, "averagePrecisions": \(values),
             "values": [{"metric": "mAP", "value": \(map), "low": 0, "high": 1}]}]}},
             "speed": {"done": {"latency": {"count": 3, "p50": \(milliseconds), "p95": 9, "p99": 9},
             "imagesPerSecond": 10, "loadSeconds": 1}},
             "indexes": [\(results.joined(separator: ","))], "indexQualities": []}
            """
        return try JSONDecoder().decode(ModelRow.self, from: Data(json.utf8))
    }

    @Test func namesTheFrontAndTheAnswers() throws {
        let findings = BenchmarkFindings([
            try row("slow", map: 0.500, milliseconds: 40, dimension: 512),
            try row("good", map: 0.497, milliseconds: 12, dimension: 256),
            try row("worse", map: 0.49, milliseconds: 13, dimension: 128),
            try row("quick", map: 0.30, milliseconds: 4, dimension: 1280),
            try row("tiny", map: 0.10, milliseconds: 1, dimension: 8),
        ])
        #expect(findings.front.map(\.title) == ["tiny · f32", "quick · f32", "good · f32", "slow · f32"])
        #expect(findings.best?.title == "slow · f32")
        #expect(findings.fastestWithinOnePercent?.title == "good · f32")
        #expect(findings.bestUnderTenMilliseconds?.title == "quick · f32")
        #expect(findings.bestPerByte?.title == "tiny · f32")
        #expect(findings.shortestWithinOnePercent?.title == "good · f32")
        #expect(findings.sentences.contains { $0.contains("fastest within 1%") && $0.contains("good") })
    }

    /// A search is embedding and looking through an index; one that misses too much is no search.
    @Test func theTimeOfASearchHoldsTheQuickestGoodIndex() throws {
        let findings = BenchmarkFindings([
            try row(
                "a", map: 0.5, milliseconds: 5,
                indexes: [("exact", 1, 6), ("local", 1, 4), ("lsh", 0.96, 3), ("pgvector", 0.90, 1)])
        ])
        #expect(findings.best?.searchMilliseconds == 8)
        let words = findings.sentences.joined(separator: "\n")
        #expect(words.contains("pgvector found 90.0%") && words.contains("lsh found 96.0%"))
    }

    @Test func comparesPrecisionsOfOneModelQueryByQuery() throws {
        let values = (0..<40).map { 0.5 + Double($0 % 7) / 100 }
        let findings = BenchmarkFindings([
            try row("a", "f32", map: 0.53, milliseconds: 8, byteCount: 4000, values: values),
            try row("b", "f32", map: 0.4, milliseconds: 8, values: values),
            try row("a", "int8", map: 0.51, milliseconds: 4, byteCount: 1000, values: values.map { $0 - 0.02 }),
        ])
        let pair = try #require(findings.precisionPairs.first)
        #expect(findings.precisionPairs.count == 1 && pair.first == "f32" && pair.second == "int8")
        #expect(abs(pair.difference + 0.02) < 1e-9 && pair.pValue < 0.01)
        #expect(pair.latencyRatio == 0.5 && pair.byteRatio == 0.25)
        #expect(
            findings.sentences.contains { $0.hasPrefix("a in int8 against f32: mAP −0.0200 on s; more than chance") })
        // Whichever was asked for first.
        let turned = BenchmarkFindings([
            try row("a", "int8", map: 0.51, milliseconds: 4, byteCount: 1000, values: values.map { $0 - 0.02 }),
            try row("a", "f32", map: 0.53, milliseconds: 8, byteCount: 4000, values: values),
        ])
        #expect(turned.precisionPairs == findings.precisionPairs)
    }

    @Test func nothingToSayOfNothing() throws {
        let findings = BenchmarkFindings([])
        #expect(findings.front.isEmpty && findings.best == nil && findings.precisionPairs.isEmpty)
    }

    @Test func theReportIsOneFileAndReadsBack() async throws {
        let fixture = try BenchmarkFixture()
        let plan = fixture.plan(
            [fixture.model("fine"), fixture.model("coarse", gridSize: 1)],
            [fixture.index("exact"), fixture.index("lsh")])
        let report = BenchmarkTests.report(plan, try await fixture.run(plan))
        let html = report.html
        #expect(html.contains("A &lt;fast&gt; one") && html.contains("&#39;a &amp; b&#39;") && !html.contains("<fast>"))
        #expect(html.contains("<svg") && html.contains("light-dark("))
        for elsewhere in ["http:", "https:", "<script", "src=", "@import", "url("] {
            #expect(!html.contains(elsewhere))
        }
        #expect(html.contains("its weights are not on this machine"))
        let json = try JSONValue(parsing: [UInt8](report.json()))
        #expect(json["circumstances"]?["machine"]?["processor"] == .string("A <fast> one"))
        #expect(json["circumstances"]?["versions"]?["Semblance"] == .string("0.1.0"))
        #expect(json["left_out"] == [["name": "vgg16", "reason": "its weights are not on this machine"]])
        #expect(report.rows.allSatisfy { $0.quality.value?.sets.allSatisfy { $0.averagePrecisions == nil } ?? false })
        #expect(report.indexTables.count == 4 && report.qualityTables.count == 2)
    }
}

@Suite struct NumberTextTests {
    @Test func quantilesAreThoseOfSortedTimes() throws {
        let summary = try #require(LatencySummary((1...101).map(Double.init).reversed()))
        #expect(summary.p50 == 51 && summary.p95 == 96 && summary.p99 == 100 && summary.count == 101)
        #expect(LatencySummary([]) == nil)
    }
}
