import SemblanceCore

/// An evaluation as a page for people.
public struct EvaluationReport: Sendable {
    /// Neighbours shown of a query.
    static let shownNeighbourCount = 8

    let evaluation: Evaluation
    let run: RunDescription
    private let exampleCount: Int

    /// - Parameter exampleCount: best and worst queries that are shown, of each; 0 shows none, and no picture.
    public init(_ evaluation: Evaluation, _ run: RunDescription, exampleCount: Int = 8) {
        self.evaluation = evaluation
        self.run = run
        self.exampleCount = exampleCount
    }

    /// Draws the page. Blocks while thumbnails are made.
    /// - Parameters:
    ///   - reader: makes thumbnails; without one, names stand in their place.
    /// - Throws: `CancellationError`.
    public func html(reader: (any ImageReader)?, limits: DecodingLimits = DecodingLimits()) throws -> String {
        let examples = ReportExamples(evaluation, count: exampleCount)
        let shown = (examples.best + examples.worst).flatMap { result in
            [result.query] + result.nearest.prefix(Self.shownNeighbourCount).map(\.position)
        }
        let thumbnails = try reader.map {
            try Thumbnails(of: Set(shown), in: evaluation.task.set, reader: $0, limits: limits)
        }
        let sections = [
            head, measures, curves, cutOffs, classes, confusion, queries(examples, thumbnails ?? .none), issues,
            settings,
        ]
        return ReportPage(
            title: "\(evaluation.task.set.name) · \(evaluation.model.modelID)",
            body: HTML(raw: sections.map(\.text).joined(separator: "\n")), footer: ReportSections.footer(run)
        ).html.text
    }

    private var head: HTML {
        let set = evaluation.task.set
        let keys = [
            ("mAP", "the whole ranking"), ("P@1", "the first image"), ("P@10", "the first ten"),
            ("R@10", "found in the first ten"), ("nDCG@10", "the order of the first ten"),
            ("MRR", "the first right one"),
        ]
        var tiles = keys.compactMap { key, meaning -> HTML? in
            guard let place = evaluation.metrics.firstIndex(where: { $0.key == key }) else { return nil }
            return tile(evaluation.overall[place], key, meaning)
        }
        if let estimate = evaluation.microAveragePrecision {
            tiles.insert(tile(estimate, "muAP", "all answers in one list"), at: 0)
        }
        return """
            <header><p class="faint">Semblance evaluation</p>
            <h1>\(evaluation.model.modelID) on \(set.name)</h1>
            <p class="lead">\(Figures.count(evaluation.queries.count, "query", "queries")) were looked for among \
            \(Figures.count(evaluation.task.gallery.count, "image"))\(isLeaveOneOut ? ", each among all others" : ""). Below, 1 is perfect and 0 is \
            nothing; ranges hold 95% of the means that other queries of this kind would give.</p></header>
            <div class="tiles">\(tiles)</div>
            """
    }

    private var isLeaveOneOut: Bool { evaluation.task.set.images.allSatisfy { $0.role == .both } }

    private func tile(_ estimate: Estimate, _ key: String, _ meaning: String) -> HTML {
        """
        <div class="card tile"><span>\(key)</span><b>\(Figures.value(estimate.value))</b>\
        <small class="number">\(Figures.interval(estimate.interval))</small><small>\(meaning)</small></div>
        """
    }

    private var measures: HTML {
        var rows = zip(evaluation.metrics, evaluation.overall).map { ($0.key, $0.meaning, $1) }
        if let estimate = evaluation.microAveragePrecision {
            rows.append(("muAP", "average precision of all queries' answers in one list", estimate))
        }
        let cells = rows.map { key, meaning, estimate in
            """
            <tr><th scope="row">\(key)<small class="narrow">\(meaning)</small></th>\
            <td class="n">\(Figures.value(estimate.value))</td><td class="n">\(Figures.interval(estimate.interval))</td>\
            <td class="wide">\(meaning)</td></tr>
            """ as HTML
        }
        return """
            <section><h2>All measures</h2><div class="card scroll"><table><thead><tr><th>measure</th><th class="n">value</th>\
            <th class="n">95% interval</th><th class="wide">what it is</th></tr></thead><tbody>\(cells)</tbody></table></div></section>
            """
    }

    private var curves: HTML {
        let line = LineChart.Line(name: evaluation.model.modelID, values: evaluation.precisionRecall, style: "first")
        return """
            <section class="pair"><div class="card"><h2>Precision over recall</h2><p class="faint">The share of right \
            images among those shown, as more and more of the right ones are found; mean over queries, interpolated.</p>
            \(LineChart(lines: [line]).svg)</div>
            <div class="card"><h2>Scores</h2><p class="faint">How alike the model finds images that belong together, and \
            all others; each kind is scaled to its own number.</p>
            \(ScoreChart(scores: evaluation.scores, cutOff: evaluation.suggestedCutOffs?.balanced).svg)</div></section>
            """
    }

    private var cutOffs: HTML {
        guard let suggested = evaluation.suggestedCutOffs else { return .empty }
        var rows = [row("balanced", "balances right and complete best (greatest F1)", suggested.balanced)]
        if let precise = suggested.precise {
            rows.append(row("precise", "nine of ten shown images are right", precise))
        }
        return """
            <section><h2>Where to cut off</h2><p class="lead">A least score under which nothing is shown. Scores mean \
            different things with every model, so this one is for \(evaluation.model.modelID) alone; and among more images \
            than these there would be more wrong ones above it.</p><div class="card scroll"><table><thead><tr><th></th>\
            <th class="n">least score</th><th class="n">shown images that are right</th>\
            <th class="n">right images that are shown</th><th class="n">shown a query</th></tr></thead>\
            <tbody>\(rows)</tbody></table></div>
            \(suggested.precise == nil ? "<p class=\"faint\">No score makes nine of ten shown images right.</p>" : .empty)</section>
            """
    }

    private func row(_ name: String, _ meaning: String, _ cutOff: CutOff) -> HTML {
        """
        <tr><th scope="row">\(name)<br><small>\(meaning)</small></th><td class="n">\(Figures.value(cutOff.score))</td>\
        <td class="n">\(Figures.percent(cutOff.precision))</td><td class="n">\(Figures.percent(cutOff.recall))</td>\
        <td class="n">\(Figures.about(cutOff.shownPerQuery))</td></tr>
        """
    }
}
