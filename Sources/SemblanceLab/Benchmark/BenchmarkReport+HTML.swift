import Foundation

/// The report as a page for people.
extension BenchmarkReport {
    public var html: String {
        let sections = [
            head, findingsSection, section("Quality", qualityTables.map(table)), section("Speed", [table(speedTable)]),
            indexSection, issueSection, leftOutSection, circumstancesSection,
        ]
        return ReportPage(
            title: "Semblance benchmark", body: HTML(raw: sections.map(\.text).joined(separator: "\n")),
            footer: ReportSections.footer(
                programVersion: circumstances.versions["Semblance"] ?? "", madeAt: createdAt)
        ).html.text
    }

    private var head: HTML {
        let names = sets.map { "\($0.name) (\(Figures.count($0.imageCount, "image")))" }
        return """
            <header><p class="faint">Semblance benchmark</p>
            <h1>\(Figures.count(rows.count, "model")) on \(Figures.count(sets.count, "set"))</h1>
            <p class="lead">Sets: \(names.joined(separator: ", ")). A model counts once for each precision that it ran in. \
            In brackets are ranges that hold 95% of the means that other queries of this kind would give.</p></header>
            """
    }

    private var findingsSection: HTML {
        guard !findings.sentences.isEmpty else { return .empty }
        return section("What the numbers say", [list(findings.sentences), frontFigure])
    }

    private var frontFigure: HTML {
        let names = Set(findings.front.map(\.title))
        let points = rows.compactMap { row in
            BenchmarkFindings.Candidate(row).map {
                ScatterPlot.Point(
                    x: $0.searchMilliseconds, y: $0.meanAveragePrecision, title: $0.title,
                    isMarked: names.contains($0.title))
            }
        }
        guard points.count > 1 else { return .empty }
        return """
            \(ScatterPlot(points: points, xTitle: "milliseconds a search, median", yTitle: "mean mAP").svg)
            <p class="faint">Quality against time. The line joins the Pareto front: models that no other beats in both.</p>
            """
    }

    private var indexSection: HTML {
        let parts = rows.groupedByBase.flatMap { group in
            group.collections.flatMap {
                [table(indexTable(of: group, collection: $0)), indexFigure(of: group, collection: $0)]
            } + (indexQualityTable(of: group).map { [table($0)] } ?? [])
        }
        guard !parts.isEmpty else { return .empty }
        let note: HTML = """
            <p class="lead">The queries are real embeddings that were held out. “Augmented” collections are real \
            embeddings and vectors made between neighbouring ones: they show how indexes grow, and are easier than as many \
            pictures.</p>
            """
        return section("Indexes", [note] + parts)
    }

    private func indexFigure(of group: [ModelRow], collection: String) -> HTML {
        // Points of other precisions would lie on top of these.
        let results = group.lazy.map { row in
            row.indexes.filter { $0.collection == collection }.compactMap(\.outcome.value)
        }.first { !$0.isEmpty }
        let points = (results ?? []).map {
            ScatterPlot.Point(x: $0.latency.p50, y: $0.recall, title: $0.index, isMarked: false)
        }
        guard points.count > 1 else { return .empty }
        return ScatterPlot(
            points: points, xTitle: "milliseconds a search, median", yTitle: "recall@\(options.limit)"
        ).svg
    }

    private var issueSection: HTML {
        issueLines.isEmpty ? .empty : section("What the sets' numbers do without", [list(issueLines)])
    }

    private var leftOutSection: HTML {
        let all = failures.map { LeftOut(name: $0.name, reason: "failed: \($0.reason)") } + leftOut
        guard !all.isEmpty else { return .empty }
        return section(
            "Not run, and failed",
            [table(ReportTable(title: "", header: ["what", "why"], rows: all.map { [$0.name, $0.reason] }))])
    }

    private var circumstancesSection: HTML {
        ReportSections.settings(circumstanceLines + [("command", command)])
    }

    private func section(_ title: String, _ parts: [HTML]) -> HTML {
        "<section><h2>\(title)</h2>\(parts)</section>"
    }

    private func list(_ lines: [String]) -> HTML {
        "<div class=\"card\"><ul>\(lines.map { "<li>\($0)</li>" as HTML })</ul></div>"
    }

    private func table(_ table: ReportTable) -> HTML {
        let header = table.header.enumerated().map { column, name in
            "<th scope=\"col\"\(Self.alignment(of: column, in: table))>\(name)</th>" as HTML
        }
        let rows = table.rows.map { row -> HTML in
            let cells = row.enumerated().map { column, cell in
                column == 0
                    ? "<th scope=\"row\">\(cell)</th>" as HTML
                    : "<td\(Self.alignment(of: column, in: table))>\(cell)</td>"
            }
            return "<tr>\(cells)</tr>"
        }
        let title: HTML = table.title.isEmpty ? .empty : "<h3>\(table.title)</h3>"
        return """
            \(title)<div class="card scroll"><table><thead><tr>\(header)</tr></thead><tbody>\(rows)</tbody></table></div>
            """
    }

    /// Words are set left, numbers right; sentences have room.
    private static func alignment(of column: Int, in table: ReportTable) -> HTML {
        switch table.header[column] {
        case "settings", "why": " class=\"text\""
        case _ where column == 0, "index", "precision": .empty
        default: " class=\"n\""
        }
    }
}
