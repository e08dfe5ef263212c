/// Counts durations in buckets, as Prometheus sums them up.
struct Histogram: Sendable {
    /// Upper bounds in seconds.
    static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    private var counts = [Int](repeating: 0, count: Histogram.bounds.count)
    private(set) var count = 0
    private var sum = 0.0

    mutating func record(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        count += 1
        sum += seconds
        if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) { counts[bucket] += 1 }
    }

    /// Lines in the Prometheus text format; `labels` is `a="b",` or empty.
    func lines(named name: String, labels: String) -> [String] {
        var total = 0
        var lines: [String] = []
        for (bound, count) in zip(Self.bounds, counts) {
            total += count
            lines.append("\(name)_bucket{\(labels)le=\"\(bound)\"} \(total)")
        }
        lines.append("\(name)_bucket{\(labels)le=\"+Inf\"} \(count)")
        let braces = labels.isEmpty ? "" : "{\(labels.dropLast())}"
        return lines + ["\(name)_sum\(braces) \(sum)", "\(name)_count\(braces) \(count)"]
    }
}
