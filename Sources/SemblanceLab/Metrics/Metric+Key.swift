extension Metric {
    /// What `semblance evaluate` reports if nothing else is asked for.
    public static let standard = standard(at: [10])

    /// The same with other cut-offs; precision of the first image is always among them.
    public static func standard(at cutoffs: [Int]) -> [Metric] {
        var metrics: [Metric] = [.averagePrecision, .rPrecision, .precision(at: 1)]
        for k in cutoffs {
            metrics += [
                .precision(at: k), .recall(at: k), .f1(at: k), .hitRate(at: k), .averagePrecisionAt(k, .relevant),
                .nDCGAt(k),
            ].filter { !metrics.contains($0) }
        }
        return metrics + [.reciprocalRank, .nDCG]
    }

    /// The name in tables and JSON: `mAP`, `P@10`, `nDCG@10`, …; with `/min`, the attainable denominator.
    public var key: String {
        switch self {
        case .precision(let k): "P@\(k)"
        case .recall(let k): "R@\(k)"
        case .f1(let k): "F1@\(k)"
        case .rPrecision: "R-precision"
        case .hitRate(let k): "hit@\(k)"
        case .reciprocalRank: "MRR"
        case .averagePrecision: "mAP"
        case .averagePrecisionAt(let k, .relevant): "mAP@\(k)"
        case .averagePrecisionAt(let k, .attainable): "mAP@\(k)/min"
        case .nDCG: "nDCG"
        case .nDCGAt(let k): "nDCG@\(k)"
        }
    }

    /// The rank after which it looks no further; `nil` if it looks at the whole ranking.
    public var cutoff: Int? {
        switch self {
        case .precision(let k), .recall(let k), .f1(let k), .hitRate(let k), .averagePrecisionAt(let k, _),
            .nDCGAt(let k):
            k
        case .rPrecision, .reciprocalRank, .averagePrecision, .nDCG: nil
        }
    }

    /// Reads a metric's key, in any case.
    /// - Throws: `metric-invalid`.
    public init(key: String) throws(LabError) {
        let parts = key.lowercased().split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 1, let metric = Self.withoutCutoff[String(parts[0])] {
            self = metric
            return
        }
        guard parts.count == 2, let make = Self.withCutoff[String(parts[0])] else { throw Self.unknown(key) }
        let isAttainable = parts[0] == "map" && parts[1].hasSuffix("/min")
        guard let k = Int(isAttainable ? parts[1].dropLast(4) : parts[1]), (1...1_000_000).contains(k) else {
            throw LabError(.invalidMetric, "The metric '\(key)' needs a cut-off from 1 to 1000000, as in 'P@10'.")
        }
        self = isAttainable ? .averagePrecisionAt(k, .attainable) : make(k)
    }

    private static let withoutCutoff: [String: Metric] = [
        "map": .averagePrecision, "r-precision": .rPrecision, "mrr": .reciprocalRank, "ndcg": .nDCG,
    ]

    private static let withCutoff: [String: @Sendable (Int) -> Metric] = [
        "p": { .precision(at: $0) }, "r": { .recall(at: $0) }, "f1": { .f1(at: $0) }, "hit": { .hitRate(at: $0) },
        "map": { .averagePrecisionAt($0, .relevant) }, "ndcg": { .nDCGAt($0) },
    ]

    private static func unknown(_ key: String) -> LabError {
        LabError(
            .invalidMetric,
            "There is no metric '\(key)'. Known: mAP, mAP@k, mAP@k/min, R-precision, MRR, nDCG, nDCG@k, P@k, R@k, F1@k, "
                + "hit@k.")
    }
}
