/// How the scores of relevant pairs and of the others are distributed, each scaled to its own number, with a cut-off.
struct ScoreChart {
    let scores: ScoreHistogram
    let cutOff: CutOff?

    private static let (left, right, top, bottom) = (12.0, 348.0, 22.0, 196.0)
    private static let barCount = 56

    var svg: HTML {
        let range = usedRange
        let (relevant, irrelevant) = (shares(scores.relevant, range), shares(scores.irrelevant, range))
        let tallest = max(relevant.max() ?? 0, irrelevant.max() ?? 0, .leastNonzeroMagnitude)
        let low = ScoreHistogram.score(atBin: range.lowerBound)
        let high = ScoreHistogram.score(atBin: range.upperBound)
        let place = { (score: Double) in Self.left + (Self.right - Self.left) * (score - low) / (high - low) }
        return """
            <svg class="chart" viewBox="0 0 360 236" role="img" aria-label="\(description)">
            <line class="grid" x1="\(Self.left)" x2="\(Self.right)" y1="\(Self.bottom)" y2="\(Self.bottom)"/>
            \(area(irrelevant, tallest, "wrong"))\(area(relevant, tallest, "right"))
            \(ticks(low, high).map { score in
                """
                <text class="tick" x="\(place(score))" y="\(Self.bottom + 14)" text-anchor="middle">\(Self.tick(score))</text>
                """ as HTML
            })
            \(cutOff.map { mark(place($0.score), $0.score) } ?? .empty)
            <text class="axis" x="180" y="230" text-anchor="middle">score (cosine similarity)</text>
            </svg>
            <p class="legend"><span><span class="key right"></span>relevant pairs \
            (\(Figures.count(scores.relevantTotal)))</span> <span><span class="key wrong"></span>other pairs \
            (\(Figures.count(scores.irrelevantTotal)))</span></p>
            """
    }

    private var description: String {
        "Distribution of scores of \(scores.relevantTotal) relevant and \(scores.irrelevantTotal) other pairs"
            + (cutOff.map { "; suggested cut-off \(Figures.value($0.score))" } ?? "")
    }

    /// From the first bin that holds anything to the last, less the thin tails.
    private var usedRange: Range<Int> {
        let total = scores.relevantTotal + scores.irrelevantTotal
        let edge = total / 2000
        let counts = zip(scores.relevant, scores.irrelevant).map(+)
        var (low, high) = (0, counts.count - 1)
        var sum = counts[low]
        while low < high, sum <= edge {
            low += 1
            sum += counts[low]
        }
        sum = counts[high]
        while high > low, sum <= edge, scores.relevant[high] == 0 {
            high -= 1
            sum += counts[high]
        }
        // A little air, and never an empty range.
        return max(0, low - 20)..<min(counts.count, high + 21)
    }

    /// Shares of the total in bars of equal width.
    private func shares(_ counts: [Int], _ range: Range<Int>) -> [Double] {
        let total = max(1, counts.reduce(0, +))
        var bars = [Double](repeating: 0, count: Self.barCount)
        for bin in range {
            bars[(bin - range.lowerBound) * Self.barCount / range.count] += Double(counts[bin]) / Double(total)
        }
        return bars
    }

    private func area(_ shares: [Double], _ tallest: Double, _ style: String) -> HTML {
        let width = (Self.right - Self.left) / Double(Self.barCount)
        var path: HTML = "M\(Self.left) \(Self.bottom)"
        for (index, share) in shares.enumerated() {
            let x = Self.left + (Double(index) + 0.5) * width
            path += "L\(x) \(Self.bottom - (Self.bottom - Self.top) * share / tallest)"
        }
        return "<path class=\"area \(style)\" d=\"\(path)L\(Self.right) \(Self.bottom)Z\"/>"
    }

    private func mark(_ x: Double, _ score: Double) -> HTML {
        let isLate = x > 250
        return """
            <line class="mark" x1="\(x)" x2="\(x)" y1="\(Self.top - 12)" y2="\(Self.bottom)"/>\
            <text class="tick strong" x="\(x + (isLate ? -5 : 5))" y="\(Self.top - 4)" \
            text-anchor="\(isLate ? "end" : "start")">cut-off \(Figures.value(score))</text>
            """
    }

    private func ticks(_ low: Double, _ high: Double) -> [Double] {
        let step = high - low > 1 ? 0.5 : high - low > 0.5 ? 0.2 : high - low > 0.2 ? 0.1 : 0.05
        return stride(from: (low / step).rounded(.up) * step, through: high + 1e-9, by: step).map { $0 }
    }

    private static func tick(_ score: Double) -> String {
        let hundredths = Int((score * 100).rounded())
        let text = "\(abs(hundredths) / 100).\(abs(hundredths) % 100 < 10 ? "0" : "")\(abs(hundredths) % 100)"
        return (hundredths < 0 ? "−" : "") + text
    }
}
