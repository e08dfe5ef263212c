/// The confusion between classes as a matrix: a row a class, shaded by the share of its queries.
struct ConfusionChart {
    /// More classes would be smaller than a finger and a label; those with most queries are shown.
    static let maximumClassCount = 40
    private static let cell = 19.0
    private static let characterWidth = 5.9

    private let labels: [String]
    private let counts: [[Int]]
    /// Queries of each shown class, whatever was nearest to them.
    private let totals: [Int]
    let isCut: Bool

    init(_ confusion: Confusion) {
        let totals = confusion.counts.map { $0.reduce(0, +) }
        let largest = confusion.labels.indices.sorted { (totals[$1], $0) < (totals[$0], $1) }
        let shown = largest.prefix(Self.maximumClassCount).sorted()
        labels = shown.map { confusion.labels[$0].isEmpty ? "(no label)" : confusion.labels[$0] }
        counts = shown.map { row in shown.map { confusion.counts[row][$0] } }
        self.totals = shown.map { totals[$0] }
        isCut = confusion.labels.count > shown.count
    }

    var html: HTML {
        let longest = Double(labels.map { min($0.count, Self.maximumLabelLength) }.max() ?? 0)
        let margin = longest * Self.characterWidth + 12
        let side = Double(labels.count) * Self.cell
        let (width, height) = (margin + side + 4, margin + side + 4)
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="Confusion between classes"><svg class="confusion" \
            width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img" \
            aria-label="\(labels.count) by \(labels.count) classes; the most frequent mistakes are listed beside it">
            \(labels.enumerated().map { index, label in heading(label, at: index, margin) })
            \(counts.indices.map { row in cells(of: row, margin) })
            </svg></div>
            """
    }

    private static let maximumLabelLength = 24

    private func heading(_ label: String, at index: Int, _ margin: Double) -> HTML {
        let middle = margin + (Double(index) + 0.5) * Self.cell
        let short = label.count > Self.maximumLabelLength ? label.prefix(Self.maximumLabelLength - 1) + "…" : label[...]
        return """
            <text class="tick" x="\(margin - 6)" y="\(middle + 3.5)" text-anchor="end">\(String(short))</text>\
            <text class="tick" x="\(middle + 3.5)" y="\(margin - 6)" \
            transform="rotate(-90 \(middle + 3.5) \(margin - 6))">\(String(short))</text>
            """
    }

    private func cells(of row: Int, _ margin: Double) -> HTML {
        let y = margin + Double(row) * Self.cell
        let ground = """
            <rect class="track" x="\(margin)" y="\(y)" width="\(Double(labels.count) * Self.cell - 1)" \
            height="\(Self.cell - 1)"/>
            """ as HTML
        return ground + HTML(raw: labels.indices.map { cell(row, $0, margin, y).text }.joined())
    }

    private func cell(_ row: Int, _ column: Int, _ margin: Double, _ y: Double) -> HTML {
        let count = counts[row][column]
        guard count > 0 else { return .empty }
        let share = Double(count) / Double(max(1, totals[row]))
        let x = margin + Double(column) * Self.cell
        // Even one of many must be seen.
        let opacity = 0.16 + 0.84 * share
        return """
            <g><title>\(labels[row]): nearest is \(labels[column]) for \(count) of \(totals[row])</title>\
            <rect class="\(row == column ? "right" : "wrong")" x="\(x)" y="\(y)" width="\(Self.cell - 1)" \
            height="\(Self.cell - 1)" fill-opacity="\(opacity)"/>\
            <text class="count\(opacity > 0.55 ? " light" : "")" x="\(x + Self.cell / 2 - 0.5)" y="\(y + 12.5)" \
            text-anchor="middle">\(count)</text></g>
            """
    }
}
