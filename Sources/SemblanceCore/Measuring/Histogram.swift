/// Counts durations in buckets, as Prometheus sums them up.
package struct Histogram: Sendable {
    /// For answers to requests: upper bounds in seconds.
    package static let requestBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]

    private let bounds: [Double]
    private var counts: [Int]
    package private(set) var count = 0
    private var sum = 0.0

    /// - Parameter bounds: upper bounds in seconds, rising.
    package init(bounds: [Double] = Histogram.requestBounds) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count)
    }

    package mutating func record(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        count += 1
        sum += seconds
        if let bucket = bounds.firstIndex(where: { seconds <= $0 }) { counts[bucket] += 1 }
    }

    /// Lines in the Prometheus text format; `labels` is `a="b",` or empty.
    package func lines(named name: String, labels: String) -> [String] {
        var total = 0
        var lines: [String] = []
        for (bound, count) in zip(bounds, counts) {
            total += count
            lines.append("\(name)_bucket{\(labels)le=\"\(bound)\"} \(total)")
        }
        lines.append("\(name)_bucket{\(labels)le=\"+Inf\"} \(count)")
        let braces = labels.isEmpty ? "" : "{\(labels.dropLast())}"
        return lines + ["\(name)_sum\(braces) \(sum)", "\(name)_count\(braces) \(count)"]
    }
}
