import SemblanceLab

extension BenchmarkReport {
    /// The report for a terminal.
    var text: String {
        let tables = qualityTables + [speedTable] + indexTables + indexQualityTables
        var parts = tables.map { table in
            var drawn = Table(table.header)
            for row in table.rows { drawn.append(row) }
            return "\(table.title)\n\(drawn.text)"
        }
        if !findings.sentences.isEmpty { parts.append(findings.sentences.joined(separator: "\n")) }
        if !findings.front.isEmpty {
            parts.append("Pareto front, quickest first: " + findings.front.map(\.title).joined(separator: ", "))
        }
        if !issueLines.isEmpty {
            parts.append("Worth knowing:\n" + issueLines.map { "  \($0)" }.joined(separator: "\n"))
        }
        let failed = failures.map { "failed: \($0.name): \($0.reason)" }
        let missing = failed + leftOut.map { "not run: \($0.name): \($0.reason)" }
        if !missing.isEmpty { parts.append(missing.joined(separator: "\n")) }
        parts.append(circumstanceLines.map { "\($0.name): \($0.text)" }.joined(separator: "\n"))
        return parts.joined(separator: "\n\n")
    }
}
