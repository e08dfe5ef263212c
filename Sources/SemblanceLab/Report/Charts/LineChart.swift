/// Precision over recall: a line a model.
struct LineChart {
    struct Line {
        let name: String
        /// At `PrecisionRecall.levels`.
        let values: [Double]
        /// `first` or `second`, which decides the colour and the dashes.
        let style: String
    }

    let lines: [Line]

    private static let (left, right, top, bottom) = (48.0, 348.0, 12.0, 196.0)

    var svg: HTML {
        let ticks = [0, 0.25, 0.5, 0.75, 1]
        return """
            <svg class="chart" viewBox="0 0 360 236" role="img" aria-label="\(description)">
            \(ticks.map { Self.horizontal(at: $0) })\(ticks.map { Self.vertical(at: $0) })
            <text class="axis" x="198" y="230" text-anchor="middle">recall</text>
            <text class="axis" x="12" y="104" text-anchor="middle" transform="rotate(-90 12 104)">precision</text>
            \(lines.map(path))
            </svg>
            \(lines.count > 1 ? legend : .empty)
            """
    }

    private var description: String {
        lines.map { line in
            "\(line.name): precision \(Figures.value(line.values[0])) at recall 0, "
                + "\(Figures.value(line.values[line.values.count / 2])) at 0.5, \(Figures.value(line.values.last ?? 0)) at 1"
        }.joined(separator: "; ")
    }

    private var legend: HTML {
        "<p class=\"legend\">\(lines.map { "<span class=\"key \($0.style)\"></span>\($0.name) " as HTML })</p>"
    }

    private func path(_ line: Line) -> HTML {
        let points = zip(PrecisionRecall.levels, line.values).enumerated().map { index, point in
            "\(index == 0 ? "M" : "L")\(Self.x(point.0)) \(Self.y(point.1))" as HTML
        }
        let dots = zip(PrecisionRecall.levels, line.values).map { level, value in
            """
            <circle class="\(line.style)" cx="\(Self.x(level))" cy="\(Self.y(value))" r="2.2"><title>\(line.name): \
            precision \(Figures.value(value)) at recall \(Figures.value(level))</title></circle>
            """ as HTML
        }
        return "<path class=\"line \(line.style)\" d=\"\(points)\"/>\(dots)"
    }

    private static func x(_ recall: Double) -> Double { left + (right - left) * recall }
    private static func y(_ precision: Double) -> Double { bottom - (bottom - top) * precision }

    private static func horizontal(at value: Double) -> HTML {
        """
        <line class="grid" x1="\(left)" x2="\(right)" y1="\(y(value))" y2="\(y(value))"/>\
        <text class="tick" x="\(left - 5)" y="\(y(value) + 3.5)" text-anchor="end">\(tick(value))</text>
        """
    }

    private static func vertical(at value: Double) -> HTML {
        "<text class=\"tick\" x=\"\(x(value))\" y=\"\(bottom + 14)\" text-anchor=\"middle\">\(tick(value))</text>"
    }

    private static func tick(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }
}
