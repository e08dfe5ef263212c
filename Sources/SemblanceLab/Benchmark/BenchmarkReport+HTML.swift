/// The report as one file without scripts or anything from elsewhere; light or dark as the reader's system is.
extension BenchmarkReport {
    public var html: String {
        let body =
            heading + section("What the numbers say", list(findings.sentences) + frontFigure)
            + section("Quality", qualityTables.map(Self.table).joined()) + section("", Self.table(speedTable))
            + indexSection + leftOutSection + section("How it was measured", list(circumstances) + commandBlock)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Semblance benchmark</title><style>\(Self.style)</style></head><body><main>\(body)</main></body></html>

            """
    }

    private var heading: String {
        let names = sets.map { "\($0.name) (\($0.imageCount) images)" }.joined(separator: ", ")
        return "<h1>Semblance benchmark</h1><p>\(Self.escaped(names)) · \(Self.escaped(createdAt))</p>"
    }

    private var frontFigure: String {
        let names = Set(findings.front.map(\.title))
        let points = rows.compactMap { row in
            BenchmarkFindings.Candidate(row, among: rows).map {
                ScatterPlot.Point(
                    x: $0.searchMilliseconds, y: $0.meanAveragePrecision, title: $0.title,
                    isOnFront: names.contains($0.title))
            }
        }
        guard points.count > 1 else { return "" }
        return "<figure>"
            + ScatterPlot(points: points, xTitle: "milliseconds a search, median", yTitle: "mean mAP").svg
            + "<figcaption>Quality against time. The line joins the Pareto front: models that no other beats in "
            + "both.</figcaption></figure>"
    }

    private var indexSection: String {
        guard !indexTables.isEmpty else { return "" }
        let note =
            "<p>The queries are real embeddings that were held out. “Augmented” collections are real embeddings and "
            + "vectors made between neighbouring ones: they show how indexes grow, and are easier than as many "
            + "pictures.</p>"
        return section("Indexes", note + zip(indexTables, indexFigures).map { Self.table($0) + $1 }.joined())
    }

    private var indexFigures: [String] {
        rows.flatMap { row in
            var names: [String] = []
            for index in row.indexes where !names.contains(index.collection) { names.append(index.collection) }
            return names.map { name in
                let results = row.indexes.filter { $0.collection == name }.compactMap(\.outcome.value)
                guard results.count > 1 else { return "" }
                let points = results.map {
                    ScatterPlot.Point(x: $0.latency.p50, y: $0.recall, title: $0.index, isOnFront: false)
                }
                return "<figure>"
                    + ScatterPlot(
                        points: points, xTitle: "milliseconds a search, median", yTitle: "recall@\(options.limit)"
                    ).svg + "</figure>"
            }
        }
    }

    private var leftOutSection: String {
        let all = failures.map { LeftOut(name: $0.name, reason: "failed: \($0.reason)") } + leftOut
        guard !all.isEmpty else { return "" }
        return section(
            "Not run, and failed",
            Self.table(ReportTable(title: "", header: ["what", "why"], rows: all.map { [$0.name, $0.reason] })))
    }

    private var commandBlock: String { "<pre>\(Self.escaped(command))</pre>" }

    private func section(_ title: String, _ content: String) -> String {
        "<section>" + (title.isEmpty ? "" : "<h2>\(Self.escaped(title))</h2>") + content + "</section>"
    }

    private func list(_ lines: [String]) -> String {
        "<ul>" + lines.map { "<li>\(Self.escaped($0))</li>" }.joined() + "</ul>"
    }

    private static func table(_ table: ReportTable) -> String {
        let header = table.header.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
        let rows = table.rows.map { row in
            "<tr>"
                + row.enumerated().map { column, cell in
                    column == 0 ? "<th scope=\"row\">\(escaped(cell))</th>" : "<td>\(escaped(cell))</td>"
                }.joined() + "</tr>"
        }
        let caption = table.title.isEmpty ? "" : "<caption>\(escaped(table.title))</caption>"
        return "<div class=\"wide\"><table>\(caption)<thead><tr>\(header)</tr></thead><tbody>"
            + rows.joined(separator: "\n") + "</tbody></table></div>"
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c1e21;--dim:#5f6670;--paper:#fff;--line:#d9dde2;--mark:#1f6feb;--other:#8a929c}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--dim:#9aa3ad;--paper:#14161a;--line:#333941;--mark:#6aa5ff;\
        --other:#7d8590}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:68rem;margin:0 auto;padding:1.5rem}
        .wide{overflow-x:auto}
        table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums;font-size:.9rem}
        caption{text-align:left;font-weight:600;padding:.4rem 0}
        th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
        th:first-child,td:last-child{text-align:left}
        th{font-weight:500}thead th{color:var(--dim)}
        figure{margin:1rem 0}figcaption,p{color:var(--dim)}svg{max-width:100%;height:auto}
        pre{white-space:pre-wrap;background:color-mix(in srgb,var(--ink) 7%,transparent);padding:.8rem;border-radius:6px}
        """
}
