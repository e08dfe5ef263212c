import SemblanceCore

/// An evaluation as JSON: `{"set", "model", "metrics", "intervals", "classes", …, "issues", "timings", "settings"}`.
package struct EvaluationDocument: JSONWritable {
    private let evaluation: Evaluation
    private let run: RunDescription
    private let listsQueries: Bool

    /// - Parameter listsQueries: whether every query's values and nearest images follow.
    package init(_ evaluation: Evaluation, _ run: RunDescription, listsQueries: Bool = false) {
        self.evaluation = evaluation
        self.run = run
        self.listsQueries = listsQueries
    }

    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("set", members: writeSet)
            $0.member("model") {
                $0.member("id", evaluation.model.modelID)
                $0.member("version", evaluation.model.digest)
                $0.member("dimension", evaluation.model.dimension)
                $0.member("precision", run.chosenPrecision)
            }
            Self.write(evaluation.metrics, evaluation.overall, evaluation.microAveragePrecision, to: &$0)
            $0.member("classes", members: writeClasses)
            $0.member("cut_offs", members: writeCutOffs)
            $0.member("precision_recall") {
                $0.member("recall", PrecisionRecall.levels)
                $0.member("precision", evaluation.precisionRecall)
            }
            if let confusion = evaluation.confusion {
                $0.member("confusion") {
                    $0.member("labels", confusion.labels)
                    $0.member("nearest", confusion.counts)
                }
            }
            if listsQueries { writeQueries(to: &$0) }
            $0.member("issues", IssuesDocument(issues: evaluation.issues))
            $0.member("timings", members: writeTimings)
            $0.member("settings", run)
        }
    }

    private func writeSet(to writer: inout JSONWriter) {
        let task = evaluation.task
        writer.member("name", task.set.name)
        writer.member("images", task.set.images.count)
        writer.member("gallery", task.gallery.count)
        writer.member("queries", evaluation.queries.count)
        writer.member("queries_without_relevant", task.queriesWithoutRelevant.count)
        let relevance =
            switch task.set.relevance {
            case .sharedLabel: "shared-label"
            case .sharedLabelCount: "shared-label-count"
            case .judgements: "judgements"
            }
        writer.member("relevance", relevance)
    }

    private static func write(
        _ metrics: [Metric], _ estimates: [Estimate], _ microAveragePrecision: Estimate?, to writer: inout JSONWriter
    ) {
        writer.member("metrics") {
            for (metric, estimate) in zip(metrics, estimates) { $0.member(metric.key, estimate.value) }
            if let microAveragePrecision { $0.member("muAP", microAveragePrecision.value) }
        }
        writer.member("intervals") {
            for (metric, estimate) in zip(metrics, estimates) { $0.member(metric.key, estimate.bounds) }
            if let microAveragePrecision { $0.member("muAP", microAveragePrecision.bounds) }
        }
    }

    private func writeClasses(to writer: inout JSONWriter) {
        for result in evaluation.classes {
            writer.member(result.label) {
                $0.member("images", result.imageCount)
                $0.member("queries", result.queryCount)
                Self.write(evaluation.metrics, result.estimates, nil, to: &$0)
            }
        }
    }

    private func writeCutOffs(to writer: inout JSONWriter) {
        guard let suggested = evaluation.suggestedCutOffs else { return }
        for (name, cutOff) in [("balanced", Optional(suggested.balanced)), ("precise", suggested.precise)] {
            guard let cutOff else { continue }
            writer.member(name) {
                $0.member("score", cutOff.score)
                $0.member("precision", cutOff.precision)
                $0.member("recall", cutOff.recall)
                $0.member("f1", cutOff.f1)
                $0.member("shown_per_query", cutOff.shownPerQuery)
            }
        }
    }

    private func writeQueries(to writer: inout JSONWriter) {
        let images = evaluation.task.set.images
        writer.key("queries")
        writer.array(evaluation.queries) { result, writer in
            writer.object {
                $0.member("id", images[result.query].id.text)
                $0.member("relevant", result.relevantCount)
                $0.member("values") {
                    for (metric, value) in zip(evaluation.metrics, result.values) { $0.member(metric.key, value) }
                }
                $0.key("nearest")
                $0.array(result.nearest) { image, writer in
                    writer.object {
                        $0.member("id", images[image.position].id.text)
                        $0.member("score", image.score)
                        $0.member("grade", image.grade)
                    }
                }
            }
        }
    }

    private func writeTimings(to writer: inout JSONWriter) {
        let cost = evaluation.cost
        writer.member("embedded", cost.embeddedCount)
        writer.member("kept", cost.keptCount)
        writer.member("failed", cost.failedCount)
        writer.member("seconds", cost.elapsed / .seconds(1))
        writer.member("images_per_second", cost.rate)
        writer.member("preparation_thread_seconds", cost.preparation / .seconds(1))
        writer.member("inference_thread_seconds", cost.inference / .seconds(1))
        writer.member("ranking_seconds", evaluation.rankingTime / .seconds(1))
    }
}

/// `{"counts": {kind: n}, "examples": [{"kind", "subject", "detail"}]}`.
struct IssuesDocument: JSONWritable {
    let issues: SetIssues

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("counts") {
                for (kind, count) in issues.counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                    $0.member(kind.rawValue, count)
                }
            }
            $0.key("examples")
            $0.array(issues.examples) { issue, writer in
                writer.object {
                    $0.member("kind", issue.kind.rawValue)
                    $0.member("subject", issue.subject)
                    $0.member("detail", issue.detail)
                }
            }
        }
    }
}

extension Estimate {
    /// The interval's ends.
    var bounds: [Double] { [interval.lowerBound, interval.upperBound] }
}
