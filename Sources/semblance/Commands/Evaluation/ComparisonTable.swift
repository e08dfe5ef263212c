import SemblanceCore
import SemblanceLab

/// A comparison as text on a terminal.
struct ComparisonTable {
    private let comparison: EvaluationComparison

    private static let queryCount = 5

    init(_ comparison: EvaluationComparison) { self.comparison = comparison }

    var text: String {
        let (better, worse) = comparison.greatest(Self.queryCount)
        return [
            measures, list(better, "\(second) gains most"), list(worse, "\(second) loses most"),
            comparison.first.issues.text,
        ]
        .compactMap { $0 }.joined(separator: "\n\n")
    }

    private var first: String { comparison.first.model.modelID }
    private var second: String { comparison.second.model.modelID }

    private var measures: String {
        var table = Table(["MEASURE", first, second, "DIFFERENCE", "95% INTERVAL", "P", "BETTER", "WORSE"])
        for (place, result) in comparison.comparisons.enumerated() {
            table.append([
                comparison.metrics[place].key, comparison.first.overall[place].value.text(decimals: 4),
                comparison.second.overall[place].value.text(decimals: 4), Self.signed(result.meanDifference),
                "\(Self.signed(result.interval.lowerBound))…\(Self.signed(result.interval.upperBound))",
                result.randomisationPValue.text(decimals: 4), "\(result.betterCount)", "\(result.worseCount)",
            ])
        }
        return table.text
    }

    private func list(_ queries: [EvaluationComparison.QueryDifference], _ title: String) -> String? {
        guard !queries.isEmpty else { return nil }
        let images = comparison.first.task.set.images
        return
            (["\(title) (\(comparison.queryMetric.key)):"]
            + queries.map { "  \(Self.signed($0.difference))  \(images[$0.first.query].id.text)" })
            .joined(separator: "\n")
    }

    private static func signed(_ number: Double) -> String {
        (number < 0 ? "" : "+") + number.text(decimals: 4)
    }
}
