import SemblanceCore

/// A comparison as JSON: `{"set", "first", "second", "metrics": {key: {…}}, "queries": […], "settings"}`.
package struct ComparisonDocument: JSONWritable {
    private let comparison: EvaluationComparison
    private let run: RunDescription

    package init(_ comparison: EvaluationComparison, _ run: RunDescription) {
        self.comparison = comparison
        self.run = run
    }

    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("set", comparison.first.task.set.name)
            $0.member("first") { Self.write(comparison.first.model, to: &$0) }
            $0.member("second") { Self.write(comparison.second.model, to: &$0) }
            $0.member("metrics") {
                for place in comparison.metrics.indices { writeMetric(place, to: &$0) }
            }
            writeQueries(to: &$0)
            $0.member("issues", IssuesDocument(issues: comparison.first.issues))
            $0.member("settings", run)
        }
    }

    private static func write(_ model: SemblanceCore.ModelVersion, to writer: inout JSONWriter) {
        writer.member("id", model.modelID)
        writer.member("version", model.digest)
        writer.member("dimension", model.dimension)
    }

    private func writeMetric(_ place: Int, to writer: inout JSONWriter) {
        let result = comparison.comparisons[place]
        writer.member(comparison.metrics[place].key) {
            $0.member("first", comparison.first.overall[place].value)
            $0.member("second", comparison.second.overall[place].value)
            $0.member("difference", result.meanDifference)
            $0.member("interval", [result.interval.lowerBound, result.interval.upperBound])
            $0.member("p_randomisation", result.randomisationPValue)
            $0.member("p_student", result.studentPValue)
            $0.member("queries", result.queryCount)
            $0.member("better", result.betterCount)
            $0.member("worse", result.worseCount)
        }
    }

    private func writeQueries(to writer: inout JSONWriter) {
        let images = comparison.first.task.set.images
        writer.key("queries")
        writer.array(comparison.queries) { query, writer in
            writer.object {
                $0.member("id", images[query.first.query].id.text)
                $0.member("metric", comparison.queryMetric.key)
                $0.member("difference", query.difference)
            }
        }
    }
}
