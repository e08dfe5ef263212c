import SemblanceCore

/// Two models side by side, as a page for people.
public struct ComparisonReport: Sendable {
    private let comparison: EvaluationComparison
    private let run: RunDescription
    private let exampleCount: Int

    private var names: (first: String, second: String) {
        (comparison.first.model.modelID, comparison.second.model.modelID)
    }

    /// - Parameter exampleCount: queries shown where each model is the better one.
    public init(_ comparison: EvaluationComparison, _ run: RunDescription, exampleCount: Int = 10) {
        self.comparison = comparison
        self.run = run
        self.exampleCount = exampleCount
    }

    /// Draws the page. Blocks while thumbnails are made.
    /// - Throws: `CancellationError`.
    public func html(reader: (any ImageReader)?, limits: DecodingLimits = DecodingLimits()) throws -> String {
        let (better, worse) = comparison.greatest(exampleCount)
        let shown = (better + worse).flatMap { difference in
            [difference.first.query]
                + (difference.first.nearest.prefix(EvaluationReport.shownNeighbourCount)
                + difference.second.nearest.prefix(EvaluationReport.shownNeighbourCount)).map(\.position)
        }
        let thumbnails =
            try reader.map { try Thumbnails(of: Set(shown), in: comparison.first.task.set, reader: $0, limits: limits) }
            ?? .none
        let sections = [
            head, measures, curves, classes, examples("Where \(names.second) is better", better, thumbnails),
            examples("Where \(names.first) is better", worse, thumbnails),
            ReportSections.issues(comparison.first.issues),
            settings,
        ]
        return ReportPage(
            title: "\(names.first) and \(names.second) on \(comparison.first.task.set.name)",
            body: HTML(raw: sections.map(\.text).joined(separator: "\n")), footer: ReportSections.footer(run)
        ).html.text
    }

    private var head: HTML {
        let place = comparison.metrics.firstIndex(of: comparison.queryMetric) ?? 0
        let result = comparison.comparisons[place]
        return """
            <header><p class="faint">Semblance comparison</p>
            <h1>\(names.first) or \(names.second)?</h1>
            <p class="lead"><b>\(verdict(result))</b> Of \(Figures.count(result.queryCount, "query", "queries")) of \
            \(comparison.first.task.set.name), \(names.second) answers \(Figures.count(result.betterCount)) better and \
            \(Figures.count(result.worseCount)) worse.</p></header>
            """
    }

    /// In words: the difference, and whether it is more than chance.
    private func verdict(_ result: PairedComparison) -> String {
        guard result.randomisationPValue < 0.05 else {
            return "No difference beyond chance in \(comparison.queryMetric.key) "
                + "(\(Figures.difference(result.meanDifference)), \(Figures.pValue(result.randomisationPValue)))."
        }
        let (winner, loser) = result.meanDifference > 0 ? (names.second, names.first) : (names.first, names.second)
        return "\(winner) is better than \(loser) by \(Figures.value(abs(result.meanDifference))) in "
            + "\(comparison.queryMetric.key) (\(Figures.pValue(result.randomisationPValue)))."
    }

    private var measures: HTML {
        let rows = comparison.metrics.indices.map { place in
            let result = comparison.comparisons[place]
            let style =
                result.randomisationPValue >= 0.05 ? "faint" : result.meanDifference > 0 ? "better" : "worse"
            return """
                <tr><th scope="row">\(comparison.metrics[place].key)</th>\
                <td class="n">\(Figures.value(comparison.first.overall[place].value))</td>\
                <td class="n">\(Figures.value(comparison.second.overall[place].value))</td>\
                <td class="n \(style)">\(Figures.difference(result.meanDifference))</td>\
                <td class="n">\(Figures.difference(result.interval.lowerBound))…\
                \(Figures.difference(result.interval.upperBound))</td>\
                <td class="n">\(Figures.pValue(result.randomisationPValue))</td>\
                <td class="n">\(Figures.count(result.betterCount)) / \(Figures.count(result.worseCount))</td></tr>
                """ as HTML
        }
        return """
            <section><h2>All measures</h2><p class="lead">Differences are the second model's value less the first's, on the \
            same queries. p is by Fisher's randomisation test: how often chance alone would give as much. Many measures of \
            the same rankings are no independent evidence.</p><div class="card scroll"><table><thead><tr><th>measure</th>\
            <th class="n">\(names.first)</th><th class="n">\(names.second)</th><th class="n">difference</th>\
            <th class="n">95% interval</th><th class="n">chance</th><th class="n">better / worse</th></tr></thead>\
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private var curves: HTML {
        let lines = [(comparison.first, names.first, "first"), (comparison.second, names.second, "second")].map {
            LineChart.Line(name: $0.1, values: $0.0.precisionRecall, style: $0.2)
        }
        return """
            <section><div class="card"><h2>Precision over recall</h2>\(LineChart(lines: lines).svg)</div></section>
            """
    }

    private var classes: HTML {
        let place = comparison.metrics.firstIndex(of: comparison.queryMetric) ?? 0
        let others = Dictionary(uniqueKeysWithValues: comparison.second.classes.map { ($0.label, $0) })
        let rows = comparison.first.classes.compactMap { result in
            others[result.label].map { (result, $0, $0.estimates[place].value - result.estimates[place].value) }
        }
        guard !rows.isEmpty else { return .empty }
        let bars = rows.sorted { ($1.2, $0.0.label) < ($0.2, $1.0.label) }.map { first, second, difference in
            ClassBars.Bar(
                label: first.label,
                note: "\(Figures.difference(difference)) · \(Figures.count(first.queryCount, "query", "queries"))",
                estimates: [first.estimates[place], second.estimates[place]])
        }
        return """
            <section><h2>Classes</h2><p class="lead">Mean \(comparison.queryMetric.key) of each class, the greatest gains \
            of \(names.second) first, with 95% intervals.</p><div class="card"><p class="legend">\
            <span class="key first"></span>\(names.first) <span class="key second"></span>\(names.second)</p>\
            \(ClassBars(bars: bars).html)</div></section>
            """
    }

    private func examples(
        _ title: String, _ differences: [EvaluationComparison.QueryDifference], _ thumbnails: Thumbnails
    ) -> HTML {
        guard !differences.isEmpty else { return .empty }
        let set = comparison.first.task.set
        let strip = QueryStrip(set: set, thumbnails: thumbnails, count: EvaluationReport.shownNeighbourCount)
        let place = comparison.metrics.firstIndex(of: comparison.queryMetric) ?? 0
        let rows = differences.map { difference in
            """
            <div class="query"><p><b>\(set.images[difference.first.query].id.text)</b> \
            <span class="faint">\(Figures.difference(difference.difference)) \(comparison.queryMetric.key) · \
            \(Figures.count(difference.first.relevantCount, "image")) to find</span></p>
            <div class="ranking">\(ranking(names.first, "first", difference.first, place, strip))\
            \(ranking(names.second, "second", difference.second, place, strip))</div></div>
            """ as HTML
        }
        return "<section><h2>\(title)</h2><div class=\"card\">\(rows)</div></section>"
    }

    private func ranking(
        _ name: String, _ style: String, _ result: QueryResult, _ place: Int, _ strip: QueryStrip
    ) -> HTML {
        """
        <p><span class="key \(style)"></span>\(name) <span class="faint">\(Figures.value(result.values[place]))</span></p>\
        <ul class="strip">\(strip.html(query: result.query))\(strip.html(result.nearest))</ul>
        """
    }

    private var settings: HTML {
        ReportSections.settings([
            ("set", run.setPath), ("options", run.options.isEmpty ? "none" : run.options.joined(separator: " ")),
            ("first", "\(names.first), version \(comparison.first.model.digest)"),
            ("second", "\(names.second), version \(comparison.second.model.digest)"),
            ("precision", "\(run.chosenPrecision) (asked for: \(run.precision))"),
            ("relevant", comparison.first.task.set.relevance.meaning),
            ("intervals", "\(run.bootstrap.resampleCount) resamples, seed \(run.bootstrap.seed)"),
            ("machine", run.machine.text),
            ("versions", "Semblance \(run.programVersion), OpenVINO \(run.engineVersion)"),
        ])
    }
}
