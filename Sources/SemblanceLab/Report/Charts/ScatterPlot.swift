import Foundation

/// Points in two dimensions, the horizontal axis logarithmic; a line joins those that are marked.
struct ScatterPlot {
    struct Point {
        /// Above zero, to be shown.
        let x: Double
        let y: Double
        let title: String
        let isMarked: Bool
    }

    let points: [Point]
    let xTitle: String
    let yTitle: String

    fileprivate static let (width, height) = (560.0, 320.0)
    fileprivate static let (left, right, top, bottom) = (48.0, 540.0, 12.0, 272.0)

    var svg: HTML {
        let shown = points.filter { $0.x > 0 && $0.x.isFinite && $0.y.isFinite }
        guard let frame = Frame(shown) else { return .empty }
        return """
            <svg class="chart broad" viewBox="0 0 \(Self.width) \(Self.height)" role="img" \
            aria-label="\(yTitle) against \(xTitle)">
            \(columns(frame))\(lines(frame))
            <text class="axis" x="\((Self.left + Self.right) / 2)" y="\(Self.bottom + 36)" \
            text-anchor="middle">\(xTitle)</text>
            <text class="axis" transform="translate(12 \((Self.top + Self.bottom) / 2)) rotate(-90)" \
            text-anchor="middle">\(yTitle)</text>
            \(joined(shown, frame))\(shown.map { mark($0, frame) })\(names(shown, frame))</svg>
            """
    }

    private func columns(_ frame: Frame) -> [HTML] {
        frame.columns.map { value in
            let x = frame.place(x: value)
            return """
                <line class="grid" x1="\(x)" x2="\(x)" y1="\(Self.top)" y2="\(Self.bottom)"/>\
                <text class="tick" x="\(x)" y="\(Self.bottom + 15)" text-anchor="middle">\(Self.short(value))</text>
                """
        }
    }

    private func lines(_ frame: Frame) -> [HTML] {
        frame.lines.map { value in
            let y = frame.place(y: value)
            return """
                <line class="grid" x1="\(Self.left)" x2="\(Self.right)" y1="\(y)" y2="\(y)"/>\
                <text class="tick" x="\(Self.left - 6)" y="\(y + 3.5)" text-anchor="end">\(Self.short(value))</text>
                """
        }
    }

    private func joined(_ points: [Point], _ frame: Frame) -> HTML {
        let marked = points.filter(\.isMarked).sorted { $0.x < $1.x }
        guard marked.count > 1 else { return .empty }
        let path = marked.map { "\(frame.place(x: $0.x)) \(frame.place(y: $0.y))" as HTML }
        return "<path class=\"line first\" d=\"M\(HTML(raw: path.map(\.text).joined(separator: "L")))\"/>"
    }

    private func mark(_ point: Point, _ frame: Frame) -> HTML {
        """
        <circle class="\(point.isMarked ? "first" : "other")" cx="\(frame.place(x: point.x))" \
        cy="\(frame.place(y: point.y))" r="3.5"><title>\(point.title): \(Figures.value(point.y)) at \
        \(Self.short(point.x)) ms</title></circle>
        """
    }

    /// Names beside the points. Those of marked points that would lie on others are moved down; of the rest, where many
    /// are close together, only what has room is named.
    private func names(_ points: [Point], _ frame: Frame) -> [HTML] {
        var taken: [(x: Double, y: Double)] = []
        let ordered = points.sorted { $0.isMarked == $1.isMarked ? $0.y > $1.y : $0.isMarked }
        return ordered.compactMap { point in
            let x = frame.place(x: point.x)
            var y = frame.place(y: point.y)
            func collides() -> Bool { taken.contains { abs($0.y - y) < 11 && abs($0.x - x) < 140 } }
            if !point.isMarked, collides() { return nil }
            while collides() { y += 11 }
            taken.append((x, y))
            let isLate = x > 0.7 * Self.right
            return """
                <text class="tick\(point.isMarked ? " strong" : "")" x="\(x + (isLate ? -7 : 7))" y="\(y + 3.5)" \
                text-anchor="\(isLate ? "end" : "start")">\(point.title)</text>
                """
        }
    }

    private static func short(_ value: Double) -> String { String(format: "%.4g", value) }
}

/// From values to places on the drawing.
private struct Frame {
    /// Powers of ten.
    let x: ClosedRange<Double>
    let y: ClosedRange<Double>

    /// - Returns: `nil` for no points.
    init?(_ points: [ScatterPlot.Point]) {
        let powers = points.map { log10($0.x) }
        guard let first = powers.min(), let last = powers.max(), let low = points.map(\.y).min(),
            let high = points.map(\.y).max()
        else { return nil }
        x = (first - 0.15)...(last + 0.25)
        let room = max(0.01, (high - low) * 0.08)
        y = (low - room)...(high + room)
    }

    func place(x value: Double) -> Double {
        let share = (log10(value) - x.lowerBound) / (x.upperBound - x.lowerBound)
        return ScatterPlot.left + share * (ScatterPlot.right - ScatterPlot.left)
    }

    func place(y value: Double) -> Double {
        let share = (y.upperBound - value) / (y.upperBound - y.lowerBound)
        return ScatterPlot.top + share * (ScatterPlot.bottom - ScatterPlot.top)
    }

    /// 1, 2 and 5 times the powers of ten within the range.
    var columns: [Double] {
        (Int(x.lowerBound.rounded(.down))...Int(x.upperBound.rounded(.up))).flatMap { power in
            [1.0, 2, 5].map { $0 * pow(10, Double(power)) }
        }.filter { x.contains(log10($0)) }
    }

    /// About five of round numbers.
    var lines: [Double] {
        let rough = (y.upperBound - y.lowerBound) / 5
        let power = pow(10, log10(rough).rounded(.down))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
        return stride(from: (y.lowerBound / step).rounded(.up) * step, through: y.upperBound, by: step).map { $0 }
    }
}
