// What the numbers say, in words that a program can still read.
//
// One model stands for each row with quality and speed. Quality is the mean of mAP over the sets. The time of a search is
// that of embedding one image, at the median, plus that of the quickest index that found at least 95% of what the exact
// scan finds in the largest collection, if indexes were measured.

/// What a benchmark's rows say about each other.
public struct BenchmarkFindings: Hashable, Sendable, Codable {
    /// A row that can be chosen.
    public struct Candidate: Hashable, Sendable, Codable {
        public let title: String
        public let meanAveragePrecision: Double
        public let embeddingMilliseconds: Double
        /// Embedding and searching.
        public let searchMilliseconds: Double
        /// Bytes of a vector in Float32.
        public let bytesPerVector: Int
    }

    /// A model against another form of it, on one set.
    public struct PrecisionPair: Hashable, Sendable, Codable {
        public let base: String
        public let first: String
        public let second: String
        public let set: String
        /// Second less first.
        public let difference: Double
        public let low: Double
        public let high: Double
        public let pValue: Double
        public let latencyRatio: Double?
        public let byteRatio: Double?
    }

    /// Candidates that no other beats in both quality and time, quickest first.
    public let front: [Candidate]
    public let best: Candidate?
    public let fastestWithinOnePercent: Candidate?
    public let bestUnderTenMilliseconds: Candidate?
    /// The most mAP for each kilobyte of a vector.
    public let bestPerByte: Candidate?
    /// The shortest vectors within 1% of the best mAP.
    public let shortestWithinOnePercent: Candidate?
    public let precisionPairs: [PrecisionPair]
    /// Plain sentences, in the order of interest.
    public let sentences: [String]
}

extension BenchmarkFindings {
    static let leastRecall = 0.95

    public init(_ rows: [ModelRow]) {
        let candidates = rows.compactMap(Candidate.init)
        let best = candidates.max { ($0.meanAveragePrecision, $1.title) < ($1.meanAveragePrecision, $0.title) }
        let nearly = candidates.filter { $0.meanAveragePrecision >= 0.99 * (best?.meanAveragePrecision ?? 0) }
        self.best = best
        front = Self.front(of: candidates)
        fastestWithinOnePercent = nearly.min { $0.searchMilliseconds < $1.searchMilliseconds }
        bestUnderTenMilliseconds = candidates.filter { $0.searchMilliseconds <= 10 }
            .max { $0.meanAveragePrecision < $1.meanAveragePrecision }
        bestPerByte = candidates.max {
            $0.meanAveragePrecision / Double($0.bytesPerVector) < $1.meanAveragePrecision / Double($1.bytesPerVector)
        }
        shortestWithinOnePercent = nearly.min {
            ($0.bytesPerVector, $0.searchMilliseconds) < ($1.bytesPerVector, $1.searchMilliseconds)
        }
        precisionPairs = Self.pairs(rows)
        var words = FindingWords()
        words.say(best: best, candidates)
        words.say("The fastest within 1% of the best mAP", fastestWithinOnePercent)
        words.say("The best that answers a search within 10 ms at the median", bestUnderTenMilliseconds)
        words.say("The most mAP for a byte of a vector", bestPerByte)
        words.say("The shortest vectors within 1% of the best mAP", shortestWithinOnePercent)
        words.say(precisionPairs)
        words.sayIndexes(of: rows)
        words.sayAnswers(of: rows)
        sentences = words.sentences
    }

    /// Kung's staircase: by time ascending, those that are better than all before.
    private static func front(of candidates: [Candidate]) -> [Candidate] {
        let byTime = candidates.sorted {
            ($0.searchMilliseconds, -$0.meanAveragePrecision) < ($1.searchMilliseconds, -$1.meanAveragePrecision)
        }
        var best = -Double.infinity
        return byTime.filter { candidate in
            defer { best = max(best, candidate.meanAveragePrecision) }
            return candidate.meanAveragePrecision > best
        }
    }

    private static func pairs(_ rows: [ModelRow]) -> [PrecisionPair] {
        rows.enumerated().flatMap { place, first in
            rows[(place + 1)...].filter { $0.base == first.base }.flatMap { second in
                // The 8-bit form is what is compared with another, whichever was measured first.
                first.precision == "int8" ? pairs(second, first) : pairs(first, second)
            }
        }
    }

    private static func pairs(_ first: ModelRow, _ second: ModelRow) -> [PrecisionPair] {
        guard let left = first.quality.value, let right = second.quality.value else { return [] }
        return zip(left.sets, right.sets).compactMap { before, after in
            guard let values = before.averagePrecisions, let others = after.averagePrecisions,
                let comparison = try? PairedComparison(of: values, and: others)
            else { return nil }
            let times = (first.speed?.value?.latency.p50, second.speed?.value?.latency.p50)
            let isSized = left.modelByteCount > 0
            return PrecisionPair(
                base: first.base, first: first.precision, second: second.precision, set: before.set,
                difference: comparison.meanDifference, low: comparison.interval.lowerBound,
                high: comparison.interval.upperBound, pValue: comparison.randomisationPValue,
                latencyRatio: times.0.flatMap { before in times.1.map { $0 / before } },
                byteRatio: isSized ? Double(right.modelByteCount) / Double(left.modelByteCount) : nil)
        }
    }
}

extension BenchmarkFindings.Candidate {
    /// `nil` for a row that lacks quality or speed, or an index that finds enough.
    init?(_ row: ModelRow) {
        guard let quality = row.quality.value, let speed = row.speed?.value else { return nil }
        title = row.title
        meanAveragePrecision = quality.meanAveragePrecision
        embeddingMilliseconds = speed.latency.p50
        let results = row.indexes.compactMap(\.outcome.value)
        let largest = results.map(\.vectorCount).max()
        let quickest = results.filter {
            $0.vectorCount == largest && $0.recall >= BenchmarkFindings.leastRecall
        }.map(\.latency.p50).min()
        // Where indexes were tried and none can be used, there is no search to speak of.
        guard quickest != nil || row.indexes.isEmpty else { return nil }
        searchMilliseconds = speed.latency.p50 + (quickest ?? 0)
        bytesPerVector = 4 * quality.dimension
    }
}

extension Double {
    /// For people: so many decimals.
    func rounded(_ decimals: Int) -> String {
        guard isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let whole = (magnitude * scale).rounded()
        guard whole < 9e15 else { return "\(self)" }
        let digits = "\(Int64(whole))"
        let sign = self < 0 && whole > 0 ? "−" : ""
        guard decimals > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    func signed(_ decimals: Int) -> String { (self > 0 ? "+" : "") + rounded(decimals) }
}
