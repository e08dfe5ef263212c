import Foundation

/// Points in two dimensions as SVG, the horizontal axis logarithmic. Colours come from the page.
struct ScatterPlot {
    struct Point {
        let x: Double
        let y: Double
        let title: String
        let isOnFront: Bool
    }

    let points: [Point]
    let xTitle: String
    let yTitle: String

    private static let size = (width: 720.0, height: 400.0)
    private static let margin = (left: 62.0, right: 24.0, top: 16.0, bottom: 48.0)

    var svg: String {
        let shown = points.filter { $0.x > 0 && $0.x.isFinite && $0.y.isFinite }
        guard !shown.isEmpty else { return "" }
        let frame = Frame(shown)
        return """
            <svg viewBox="0 0 \(Int(Self.size.width)) \(Int(Self.size.height))" width="\(Int(Self.size.width))" \
            role="img" aria-label="\(BenchmarkReport.escaped("\(yTitle) against \(xTitle)"))" font-size="12">
            \(axes(frame))\(line(shown, frame))\(shown.map { mark($0, frame) }.joined())\(labels(shown, frame))</svg>
            """
    }

    /// From values to places on the drawing.
    private struct Frame {
        let x: ClosedRange<Double>
        let y: ClosedRange<Double>

        init(_ points: [Point]) {
            let logs = points.map { log10($0.x) }
            let (low, high) = (logs.min()!, logs.max()!)
            x = (low - 0.15)...(high + 0.25)
            let (least, most) = (points.map(\.y).min()!, points.map(\.y).max()!)
            let room = max(0.01, (most - least) * 0.08)
            y = (least - room)...(most + room)
        }

        func place(_ point: Point) -> (x: Double, y: Double) { (place(x: log10(point.x)), place(y: point.y)) }

        func place(x value: Double) -> Double {
            let width = ScatterPlot.size.width - ScatterPlot.margin.left - ScatterPlot.margin.right
            return ScatterPlot.margin.left + (value - x.lowerBound) / (x.upperBound - x.lowerBound) * width
        }

        func place(y value: Double) -> Double {
            let height = ScatterPlot.size.height - ScatterPlot.margin.top - ScatterPlot.margin.bottom
            return ScatterPlot.margin.top + (y.upperBound - value) / (y.upperBound - y.lowerBound) * height
        }
    }

    private func axes(_ frame: Frame) -> String {
        let (bottom, right) = (Self.size.height - Self.margin.bottom, Self.size.width - Self.margin.right)
        var parts: [String] = []
        for value in Self.ticks(frame.x) {
            let x = frame.place(x: log10(value)).rounded(1)
            parts.append(
                "<path d=\"M\(x) \(Self.margin.top)V\(bottom)\" stroke=\"var(--line)\"/><text x=\"\(x)\" "
                    + "y=\"\(bottom + 16)\" text-anchor=\"middle\" fill=\"var(--dim)\">\(Self.plain(value))</text>")
        }
        let step = Self.step(frame.y)
        var value = (frame.y.lowerBound / step).rounded(.up) * step
        while value <= frame.y.upperBound {
            let y = frame.place(y: value).rounded(1)
            parts.append(
                "<path d=\"M\(Self.margin.left) \(y)H\(right)\" stroke=\"var(--line)\"/><text x=\"\(Self.margin.left - 8)\" "
                    + "y=\"\(y)\" dy=\".35em\" text-anchor=\"end\" fill=\"var(--dim)\">\(value.rounded(step < 0.01 ? 3 : 2))"
                    + "</text>")
            value += step
        }
        let middle = ((Self.margin.left + right) / 2).rounded(0)
        let height = ((Self.margin.top + bottom) / 2).rounded(0)
        parts.append(
            "<text x=\"\(middle)\" y=\"\(bottom + 38)\" text-anchor=\"middle\" fill=\"var(--ink)\">"
                + "\(BenchmarkReport.escaped(xTitle))</text><text transform=\"translate(16 \(height)) rotate(-90)\" "
                + "text-anchor=\"middle\" fill=\"var(--ink)\">\(BenchmarkReport.escaped(yTitle))</text>")
        return parts.joined(separator: "\n")
    }

    /// 1, 2 and 5 times the powers of ten within the range.
    private static func ticks(_ range: ClosedRange<Double>) -> [Double] {
        (Int(range.lowerBound.rounded(.down))...Int(range.upperBound.rounded(.up))).flatMap { power in
            [1.0, 2, 5].map { $0 * pow(10, Double(power)) }
        }.filter { range.contains(log10($0)) }
    }

    private static func step(_ range: ClosedRange<Double>) -> Double {
        let rough = (range.upperBound - range.lowerBound) / 5
        let power = pow(10, log10(rough).rounded(.down))
        return [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
    }

    private static func plain(_ value: Double) -> String {
        value >= 1 ? value.rounded(0) : value.rounded(value >= 0.1 ? 1 : value >= 0.01 ? 2 : 3)
    }

    private func mark(_ point: Point, _ frame: Frame) -> String {
        let place = frame.place(point)
        let colour = point.isOnFront ? "var(--mark)" : "var(--other)"
        return "<circle cx=\"\(place.x.rounded(1))\" cy=\"\(place.y.rounded(1))\" r=\"4\" fill=\"\(colour)\"><title>"
            + "\(BenchmarkReport.escaped(point.title)): \(point.y.rounded(3)), \(point.x.rounded(2)) ms</title></circle>"
    }

    /// Names beside the points; one that would lie on another is moved down.
    private func labels(_ points: [Point], _ frame: Frame) -> String {
        var taken: [(x: Double, y: Double)] = []
        return points.sorted { $0.y > $1.y }.map { point in
            let place = frame.place(point)
            let isRight = place.x > Self.size.width * 0.72
            var y = place.y
            while taken.contains(where: { abs($0.y - y) < 12 && abs($0.x - place.x) < 170 }) { y += 12 }
            taken.append((place.x, y))
            return "<text x=\"\((place.x + (isRight ? -8 : 8)).rounded(1))\" y=\"\(y.rounded(1))\" dy=\".35em\" "
                + "text-anchor=\"\(isRight ? "end" : "start")\" fill=\"var(--ink)\">\(BenchmarkReport.escaped(point.title))"
                + "</text>"
        }.joined()
    }

    private func line(_ points: [Point], _ frame: Frame) -> String {
        let front = points.filter(\.isOnFront).sorted { $0.x < $1.x }.map(frame.place)
        guard front.count > 1 else { return "" }
        let path = front.map { "\($0.x.rounded(1)) \($0.y.rounded(1))" }.joined(separator: "L")
        return "<path d=\"M\(path)\" fill=\"none\" stroke=\"var(--mark)\" stroke-width=\"1.5\"/>"
    }
}
