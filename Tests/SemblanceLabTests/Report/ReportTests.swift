import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceTesting
import Testing

@Suite struct ReportTests {
    private static let run = RunDescription(
        setPath: "set <&> \"quoted\"", options: ["--k", "5"], precision: "default", chosenPrecision: "bf16",
        threadCount: 2, bootstrap: Bootstrap(),
        machine: Machine(processor: "Some CPU", coreCount: 2, memoryByteCount: 1 << 34, system: "Some system"),
        programVersion: "1", engineVersion: "2", date: Date(timeIntervalSince1970: 0))

    /// A set with names that would break a page that took them at their word.
    private static func hostile() async throws -> (evaluation: Evaluation, folder: TemporaryFolder) {
        let folder = try TemporaryFolder()
        let classes = ["<script>alert(1)<", "\"onload=\"x", "a&b"]
        for (number, label) in (classes + classes + classes).enumerated() {
            try folder.write(SmallImage.numbered(number), to: "set/\(label)/'\(number)'><img src=x>.png")
        }
        let set = try LabelledSet(at: folder.path("set"))
        let embeddings = try await SetEmbedder(reader: SmallImageReader(), threadCount: 2).embed(
            set, with: SmallEmbedder())
        return (try await Evaluator(threadCount: 2).evaluate(embeddings), folder)
    }

    @Test func escapesEveryNameAndLoadsNothing() async throws {
        let (evaluation, folder) = try await Self.hostile()
        let pages = [
            try EvaluationReport(evaluation, Self.run).html(reader: SmallImageReader()),
            try ComparisonReport(EvaluationComparison(evaluation, evaluation), Self.run).html(
                reader: SmallImageReader()),
        ]
        for page in pages {
            #expect(!page.contains("<script") && !page.contains("<img src=x"))
            #expect(!page.contains("\"onload"))
            #expect(page.contains("&lt;script&gt;alert(1)&lt;"))
            #expect(page.contains("set &lt;&amp;&gt; &quot;quoted&quot;"))
            for address in ["http:", "https:", "//", "@import", "url("] {
                let text = page.replacingOccurrences(
                    of: "data:image/webp;base64,[A-Za-z0-9+/=]*", with: "", options: .regularExpression)
                #expect(!text.contains(address), "nothing is fetched: \(address)")
            }
            #expect(page.contains("default-src 'none'"))
        }
        withExtendedLifetime(folder) {}
    }

    @Test func showsPicturesOfTheQueriesOnlyIfAskedTo() async throws {
        let (evaluation, folder) = try await Self.hostile()
        let count = { (page: String) in page.components(separatedBy: "data:image/webp").count - 1 }
        #expect(count(try EvaluationReport(evaluation, Self.run).html(reader: SmallImageReader())) > 9)
        #expect(count(try EvaluationReport(evaluation, Self.run).html(reader: nil)) == 0)
        #expect(
            count(try EvaluationReport(evaluation, Self.run, exampleCount: 0).html(reader: SmallImageReader())) == 0)
        withExtendedLifetime(folder) {}
    }

    @Test func theDocumentHasEveryNumber() async throws {
        let evaluation = try await EvaluationFixture(imageCount: 40, classCount: 4, unusable: [3]).evaluate()
        var writer = JSONWriter()
        EvaluationDocument(evaluation, Self.run, listsQueries: true).write(to: &writer)
        let json = try JSONValue(parsing: writer.bytes)
        for (metric, estimate) in zip(evaluation.metrics, evaluation.overall) {
            #expect(json["metrics"]?[metric.key] == .number(estimate.value))
            #expect(
                json["intervals"]?[metric.key]
                    == .array([.number(estimate.interval.lowerBound), .number(estimate.interval.upperBound)]))
        }
        #expect(json["classes"]?["class 2"]?["metrics"]?["mAP"] == .number(evaluation.classes[2].estimates[0].value))
        #expect(json["classes"]?["class 3"]?["images"] == .number(9))
        #expect(json["set"]?["queries"] == .number(39) && json["set"]?["gallery"] == .number(39))
        #expect(json["model"]?["version"] == .string("0") && json["model"]?["precision"] == .string("bf16"))
        #expect(json["settings"]?["machine"]?["processor"] == .string("Some CPU"))
        guard case .array(let queries)? = json["queries"] else { throw LabError(.unusableSet, "no queries") }
        #expect(queries.count == 39 && queries[0]["values"]?["mAP"] == .number(evaluation.queries[0].values[0]))
    }
}
