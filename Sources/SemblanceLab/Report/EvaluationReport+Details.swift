/// Classes, examples and the small print.
extension EvaluationReport {
    var classes: HTML {
        guard !evaluation.classes.isEmpty else { return .empty }
        let place = evaluation.metrics.firstIndex(of: .averagePrecision) ?? 0
        let sorted = evaluation.classes.sorted {
            ($1.estimates[place].value, $0.label) < ($0.estimates[place].value, $1.label)
        }
        let bars = sorted.map {
            ClassBars.Bar(
                label: $0.label, note: Figures.count($0.queryCount, "query", "queries"),
                estimates: [$0.estimates[place]])
        }
        return """
            <section><h2>\(isByLabel ? "Classes" : "Groups of queries")</h2><p class="lead">Mean \
            \(evaluation.metrics[place].key) of each \(isByLabel ? "class" : "group")'s queries, best first. The lines are \
            95% intervals: where they are long, there are few queries.</p>
            <div class="card">\(ClassBars(bars: bars).html)</div></section>
            """
    }

    private var isByLabel: Bool { evaluation.task.set.relevance.isByLabel }

    var confusion: HTML {
        guard let confusion = evaluation.confusion, confusion.labels.count > 1 else { return .empty }
        let chart = ConfusionChart(confusion)
        let mistakes = confusion.mistakes.prefix(10).map { mistake in
            """
            <tr><td>\(mistake.from)</td><td>\(mistake.to.isEmpty ? "(no label)" : mistake.to)</td>\
            <td class="n">\(mistake.count)</td></tr>
            """ as HTML
        }
        let list: HTML =
            mistakes.isEmpty
            ? "<p>None: the nearest image is always of the same class.</p>"
            : """
            <div class="scroll"><table><thead><tr><th>class</th><th>nearest is</th><th class="n">queries</th></tr></thead>\
            <tbody>\(Array(mistakes))</tbody></table></div>
            """
        return """
            <section><h2>Confusion</h2><p class="lead">For each class (row), of which class the nearest image is. The \
            diagonal is right.\(chart.isCut ? " The \(ConfusionChart.maximumClassCount) largest classes." : "")</p>
            <div class="card">\(chart.html)</div><h3>Most frequent mistakes</h3><div class="card">\(list)</div></section>
            """
    }

    func queries(_ examples: ReportExamples, _ thumbnails: Thumbnails) -> HTML {
        guard !examples.best.isEmpty else { return .empty }
        return """
            <section><h2>Worst queries</h2><p class="lead">The query, then its nearest images with their scores. Green \
            with ✓ is right, dashed with ✗ is not.</p><div class="card">\(examples.worst.map { strip($0, thumbnails) })</div>
            </section>
            <section><h2>Best queries</h2><div class="card">\(examples.best.map { strip($0, thumbnails) })</div></section>
            """
    }

    private func strip(_ result: QueryResult, _ thumbnails: Thumbnails) -> HTML {
        let set = evaluation.task.set
        let strip = QueryStrip(set: set, thumbnails: thumbnails, count: Self.shownNeighbourCount)
        let place = evaluation.metrics.firstIndex(of: .averagePrecision) ?? 0
        let key = evaluation.metrics[place] == .averagePrecision ? "average precision" : evaluation.metrics[place].key
        return """
            <div class="query"><p><b>\(set.images[result.query].id.text)</b> <span class="faint">\(key) \
            \(Figures.value(result.values[place])) · \(Figures.count(result.relevantCount, "image")) to find</span></p>
            <ul class="strip">\(strip.html(query: result.query))\(strip.html(result.nearest))</ul></div>
            """
    }

    var issues: HTML { ReportSections.issues(evaluation.issues) }

    var settings: HTML {
        let cost = evaluation.cost
        let rate = cost.rate.map { " · \(Figures.about($0)) a second" } ?? ""
        let kept = cost.keptCount > 0 ? " · \(Figures.count(cost.keptCount)) kept from earlier runs" : ""
        return ReportSections.settings([
            ("set", run.setPath), ("options", run.options.isEmpty ? "none" : run.options.joined(separator: " ")),
            ("model", "\(evaluation.model.modelID), \(evaluation.model.dimension) dimensions"),
            ("version", evaluation.model.digest), ("precision", "\(run.chosenPrecision) (asked for: \(run.precision))"),
            ("relevant", evaluation.task.set.relevance.meaning),
            ("embedded", "\(Figures.count(cost.embeddedCount, "image"))\(rate)\(kept)"),
            ("intervals", "\(run.bootstrap.resampleCount) resamples, seed \(run.bootstrap.seed)"),
            ("machine", run.machine.text),
            ("versions", "Semblance \(run.programVersion), OpenVINO \(run.engineVersion)"),
        ])
    }
}

/// What several reports say alike.
enum ReportSections {
    static func footer(_ run: RunDescription) -> String {
        footer(programVersion: run.programVersion, madeAt: run.date.formatted(.iso8601), credit: run.credit)
    }

    static func footer(programVersion: String, madeAt time: String, credit: String = "") -> String {
        (credit.isEmpty ? "" : credit + " ")
            + "Made by Semblance \(programVersion) on \(time). The page stands for itself: it has no script and loads "
            + "nothing."
    }

    static func issues(_ issues: SetIssues) -> HTML {
        guard !issues.isEmpty else { return .empty }
        let rows = SetIssue.Kind.allCases.filter { issues.count(of: $0) > 0 }.map { kind in
            let named = issues.examples.filter { $0.kind == kind }.map { issue in
                issue.detail.map { "\(issue.subject) (\($0))" } ?? issue.subject
            }
            let rest = issues.count(of: kind) - named.count
            return """
                <tr><th scope="row">\(kind.meaning)</th><td class="n">\(Figures.count(issues.count(of: kind)))</td>\
                <td>\(named.joined(separator: ", "))\(rest > 0 ? " and \(Figures.count(rest)) more" : "")</td></tr>
                """ as HTML
        }
        return """
            <section><h2>What the set's numbers do without</h2><p class="lead">These leave the rest sound, but the numbers \
            mean less than they seem to.</p><div class="card scroll"><table><thead><tr><th>what</th><th class="n">how often\
            </th><th>where</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
            """
    }

    static func settings(_ entries: [(String, String)]) -> HTML {
        let rows = entries.map { "<dt>\($0)</dt><dd>\($1)</dd>" as HTML }
        return """
            <section><details class="card" open><summary>How this was measured</summary><dl>\(rows)</dl><p class="faint">\
            What the measures are, and how ties and copies are treated, is told in docs/metrics.md.</p></details></section>
            """
    }
}

extension Machine {
    public var text: String {
        let gigabytes = Int((Double(memoryByteCount) / 1_073_741_824).rounded())
        return "\(processor), \(Figures.count(coreCount, "core")), \(gigabytes) GiB, \(system)"
    }
}

extension Relevance {
    var meaning: String {
        switch self {
        case .sharedLabel: "an image of the same class"
        case .sharedLabelCount: "an image with a label in common, the more the better"
        case .judgements: "what the judgements say"
        }
    }
}

extension SetIssue.Kind {
    /// For people.
    public var meaning: String {
        switch self {
        case .missingImage: "images that are listed but not there"
        case .brokenImage: "images that could not be read"
        case .outsideClasses: "files beside the class folders"
        case .unlabelledImage: "images without a label"
        case .classWithOneImage: "classes with a single image"
        case .queryWithoutRelevant: "queries with nothing to find"
        case .absentImageJudged: "judgements of images that are not there"
        case .identicalImages: "files that are another's copy, byte by byte"
        case .cutoffBeyondGallery: "measures that look further than there are images"
        }
    }
}

extension Metric {
    /// In a few words.
    public var meaning: String {
        switch self {
        case .precision(let k): k == 1 ? "the first image is right" : "right images among the first \(k)"
        case .recall(let k): "of all right images, those among the first \(k)"
        case .f1(let k): "harmonic mean of P@\(k) and R@\(k)"
        case .rPrecision: "right images among as many as there are right ones"
        case .hitRate(let k): "a right image is among the first \(k)"
        case .reciprocalRank: "one over the rank of the first right image"
        case .averagePrecision: "precision averaged over the ranks of all right images"
        case .averagePrecisionAt(let k, .relevant): "average precision over the ranks up to \(k) only"
        case .averagePrecisionAt(let k, .attainable):
            "average precision over the ranks up to \(k), of what they can hold"
        case .nDCG: "gain of the whole order, discounted by rank, of the best possible"
        case .nDCGAt(let k): "the same gain over the first \(k)"
        }
    }
}
