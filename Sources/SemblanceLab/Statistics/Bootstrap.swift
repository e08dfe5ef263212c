/// Percentile bootstrap intervals (Efron and Tibshirani, "An introduction to the bootstrap", 1993; for retrieval:
/// Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006).
///
/// Queries are drawn with replacement, as many as there are, and the mean is taken each time; the interval holds the
/// middle of these means. It says how the number would vary over other queries of this kind. It does not know that
/// in leave-one-out the gallery's images are the queries themselves.
public struct Bootstrap: Hashable, Sendable {
    /// Default 2000; 100…100,000.
    public var resampleCount: Int
    /// The share of means inside the interval. Default 0.95; more than 0 and less than 1.
    public var level: Double
    public var seed: UInt64

    public init(resampleCount: Int = 2000, level: Double = 0.95, seed: UInt64 = 1) {
        self.resampleCount = resampleCount
        self.level = level
        self.seed = seed
    }

    /// - Throws: `metric-invalid` naming the value that is out of range.
    public func validate() throws(LabError) {
        guard (100...100_000).contains(resampleCount) else {
            throw LabError(.invalidMetric, "The number of resamples is 100 to 100,000, not \(resampleCount).")
        }
        guard level > 0, level < 1 else {
            throw LabError(.invalidMetric, "The level of an interval is between 0 and 1, not \(level).")
        }
    }

    /// The interval around the mean of values, one a query; `nil` if there are none. One value is its own interval.
    public func interval(ofMean values: [Double]) -> ClosedRange<Double>? {
        interval(count: values.count) { drawn in
            var sum = 0.0
            for index in drawn { sum += values[index] }
            return sum / Double(values.count)
        }
    }

    /// The interval around a statistic that is no mean.
    /// - Parameters:
    ///   - count: queries.
    ///   - statistic: gets the places of the drawn queries, 0 up to `count`, some of them more than once.
    public func interval(count: Int, of statistic: (_ drawn: [Int]) -> Double) -> ClosedRange<Double>? {
        guard count > 0 else { return nil }
        var generator = SeededGenerator(seed: seed)
        var drawn = [Int](repeating: 0, count: count)
        var values: [Double] = []
        values.reserveCapacity(resampleCount)
        for _ in 0..<resampleCount {
            for place in drawn.indices { drawn[place] = generator.index(below: count) }
            values.append(statistic(drawn))
        }
        values.sort()
        let tail = (1 - level) / 2
        return Self.quantile(tail, of: values)...Self.quantile(1 - tail, of: values)
    }

    /// Linear between the two nearest order statistics (type 7 of Hyndman and Fan, 1996).
    static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
        // Not a·(1−t) + b·t: equal neighbours must give exactly themselves.
        return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - Double(below))
    }
}
