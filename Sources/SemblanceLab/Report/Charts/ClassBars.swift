/// A bar for each class, with its interval; the labels are text, so that they stay readable on a narrow screen.
struct ClassBars {
    struct Bar {
        let label: String
        let note: String
        let estimates: [Estimate]
    }

    /// Styles of a bar's estimates, in order.
    static let styles = ["first", "second"]
    let bars: [Bar]

    var html: HTML { "<div class=\"bars\">\(bars.map(row))</div>" }

    private func row(_ bar: Bar) -> HTML {
        let texts = bar.estimates.map { "<span class=\"number\">\(Figures.value($0.value))</span>" as HTML }
        let height = 14 * bar.estimates.count
        let shapes = zip(bar.estimates, Self.styles).enumerated().map { index, pair in
            shape(pair.0, pair.1, top: Double(14 * index))
        }
        return """
            <div class="bar"><div class="bar-label">\(bar.label) <small>\(bar.note)</small></div>\
            <svg viewBox="0 0 100 \(height)" height="\(height)" preserveAspectRatio="none" role="img" \
            aria-label="\(bar.estimates.map { "\(Figures.value($0.value)), interval \(Figures.interval($0.interval))" }
                .joined(separator: "; "))">\
            <rect class="track" x="0" y="0" width="100" height="\(height)"/>\(shapes)</svg>\
            <div class="bar-values">\(texts)</div></div>
            """
    }

    private func shape(_ estimate: Estimate, _ style: String, top: Double) -> HTML {
        let (low, high) = (estimate.interval.lowerBound * 100, estimate.interval.upperBound * 100)
        return """
            <rect class="fill \(style)" x="0" y="\(top + 1)" width="\(estimate.value * 100)" height="12"/>\
            <line class="whisker" x1="\(low)" x2="\(high)" y1="\(top + 7)" y2="\(top + 7)"/>\
            <line class="whisker" x1="\(low)" x2="\(low)" y1="\(top + 4)" y2="\(top + 10)"/>\
            <line class="whisker" x1="\(high)" x2="\(high)" y1="\(top + 4)" y2="\(top + 10)"/>
            """
    }
}
