import SemblanceCore
import SemblanceLab

/// An evaluation as text on a terminal.
struct EvaluationTable {
    private let evaluation: Evaluation
    private let run: RunDescription

    /// Classes listed at most: the worst, as that is where to look.
    private static let classCount = 15

    init(_ evaluation: Evaluation, _ run: RunDescription) {
        self.evaluation = evaluation
        self.run = run
    }

    var text: String {
        [head, measures, classes, cutOffs, evaluation.issues.text, cost].compactMap { $0 }.joined(separator: "\n\n")
    }

    private var head: String {
        let classCount = evaluation.classes.count
        let classes = classCount > 0 ? ", \(classCount) classes" : ""
        return "\(evaluation.model.modelID) (\(run.chosenPrecision)) on \(evaluation.task.set.name): "
            + "\(evaluation.queries.count) queries among \(evaluation.task.gallery.count) images\(classes)"
    }

    private var measures: String {
        var table = Table(["MEASURE", "VALUE", "95% INTERVAL"])
        for (metric, estimate) in zip(evaluation.metrics, evaluation.overall) {
            table.append([metric.key, estimate.value.text(decimals: 4), estimate.intervalText])
        }
        if let estimate = evaluation.microAveragePrecision {
            table.append(["muAP", estimate.value.text(decimals: 4), estimate.intervalText])
        }
        return table.text
    }

    private var classes: String? {
        guard !evaluation.classes.isEmpty else { return nil }
        let key = evaluation.metrics[0].key
        let sorted = evaluation.classes.sorted { ($0.estimates[0].value, $0.label) < ($1.estimates[0].value, $1.label) }
        var table = Table(["CLASS", "QUERIES", key, "95% INTERVAL"])
        for result in sorted.prefix(Self.classCount) {
            table.append([
                result.label, "\(result.queryCount)", result.estimates[0].value.text(decimals: 4),
                result.estimates[0].intervalText,
            ])
        }
        let rest = sorted.count - Self.classCount
        return table.text + (rest > 0 ? "\n… and \(rest) better ones; --json and --html have all" : "")
    }

    private var cutOffs: String? {
        guard let suggested = evaluation.suggestedCutOffs else { return nil }
        var table = Table(["CUT-OFF", "SCORE", "RIGHT", "FOUND", "SHOWN A QUERY"])
        for (name, cutOff) in [("balanced", Optional(suggested.balanced)), ("precise", suggested.precise)] {
            guard let cutOff else { continue }
            table.append([
                name, cutOff.score.text(decimals: 3), cutOff.precision.text(decimals: 3),
                cutOff.recall.text(decimals: 3), cutOff.shownPerQuery.text(decimals: 1),
            ])
        }
        return table.text
    }

    private var cost: String {
        let cost = evaluation.cost
        var parts: [String] = []
        if cost.embeddedCount > 0 {
            let rate = cost.rate.map { ", \($0.text(decimals: 1)) a second" } ?? ""
            parts.append("\(cost.embeddedCount) embedded in \((cost.elapsed / .seconds(1)).text(decimals: 1)) s\(rate)")
        }
        if cost.keptCount > 0 { parts.append("\(cost.keptCount) kept from earlier runs") }
        parts.append("ranked in \((evaluation.rankingTime / .seconds(1)).text(decimals: 2)) s")
        return parts.joined(separator: " · ")
    }
}

extension Estimate {
    var intervalText: String {
        "\(interval.lowerBound.text(decimals: 4))–\(interval.upperBound.text(decimals: 4))"
    }
}

extension SetIssues {
    /// `nil` if there is nothing to say.
    var text: String? {
        guard !isEmpty else { return nil }
        let lines = SetIssue.Kind.allCases.compactMap { kind -> String? in
            let count = count(of: kind)
            guard count > 0 else { return nil }
            let named = examples.filter { $0.kind == kind }.prefix(3).map { issue in
                issue.detail.map { "\(issue.subject) (\($0))" } ?? issue.subject
            }
            return "  \(count) \(kind.meaning): \(named.joined(separator: ", "))\(count > named.count ? ", …" : "")"
        }
        return (["Worth knowing:"] + lines).joined(separator: "\n")
    }
}
