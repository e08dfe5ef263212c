// What a benchmark found, as it is kept and written: plain values with names that go into the JSON.

/// Times of one operation, in milliseconds.
public struct LatencySummary: Hashable, Sendable, Codable {
    public let count: Int
    public let p50: Double
    public let p95: Double
    public let p99: Double

    /// `nil` if there are no times.
    public init?(_ milliseconds: [Double]) {
        guard !milliseconds.isEmpty else { return nil }
        let sorted = milliseconds.sorted()
        count = sorted.count
        p50 = Bootstrap.quantile(0.5, of: sorted)
        p95 = Bootstrap.quantile(0.95, of: sorted)
        p99 = Bootstrap.quantile(0.99, of: sorted)
    }
}

/// A mean over a set's queries, with its interval.
public struct QualityValue: Hashable, Sendable, Codable {
    public let metric: String
    public let value: Double
    public let low: Double
    public let high: Double
}

extension QualityValue {
    static func all(of evaluation: Evaluation) -> [QualityValue] {
        zip(evaluation.metrics, evaluation.overall).map { metric, estimate in
            QualityValue(
                metric: metric.key, value: estimate.value, low: estimate.interval.lowerBound,
                high: estimate.interval.upperBound)
        }
    }
}

/// How well a model's answers to one set are when an index finds them.
public struct IndexQuality: Hashable, Sendable, Codable {
    public let index: String
    public let set: String
    public let outcome: CellOutcome<[QualityValue]>
}

/// How well a model found what it should in one set.
public struct SetQuality: Hashable, Sendable, Codable {
    public let set: String
    public let imageCount: Int
    public let brokenCount: Int
    /// What makes the set's numbers mean less, by kind.
    public let issueCounts: [String: Int]
    public let queryCount: Int
    public let values: [QualityValue]
    /// Average precision of each query, for comparisons of two models; not in the report.
    public var averagePrecisions: [Double]?

    public subscript(metric: Metric) -> QualityValue? { values.first { $0.metric == metric.key } }
}

/// One model in one precision, on every set.
public struct ModelQuality: Hashable, Sendable, Codable {
    public let dimension: Int
    public let digest: String
    public let modelByteCount: Int64
    public var sets: [SetQuality]

    /// The mean over sets, each counting the same.
    public var meanAveragePrecision: Double {
        let values = sets.compactMap { $0[.averagePrecision]?.value }
        return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
}

/// Times of one round with a model.
public struct ModelRound: Hashable, Sendable, Codable {
    public let loadSeconds: Double
    /// Single images: file bytes in memory to embedding.
    public let milliseconds: [Double]
    /// Images a second on all threads.
    public let rate: Double
}

/// All rounds with a model.
public struct ModelSpeed: Hashable, Sendable, Codable {
    public let latency: LatencySummary
    /// The median over rounds.
    public let imagesPerSecond: Double
    public let loadSeconds: Double

    /// `nil` without rounds.
    init?(_ rounds: [ModelRound]) {
        guard let latency = LatencySummary(rounds.flatMap(\.milliseconds)) else { return nil }
        self.latency = latency
        imagesPerSecond = Bootstrap.quantile(0.5, of: rounds.map(\.rate).sorted())
        loadSeconds = Bootstrap.quantile(0.5, of: rounds.map(\.loadSeconds).sorted())
    }
}

/// One index on one collection of one model's vectors.
public struct IndexResult: Hashable, Sendable, Codable {
    public let index: String
    public let collection: String
    public let vectorCount: Int
    public let dimension: Int
    public let queryCount: Int
    /// Share of the true k nearest that were found.
    public let recall: Double
    public let latency: LatencySummary
    /// On all threads, the median over rounds.
    public let queriesPerSecond: Double
    public let buildSeconds: Double
    public let byteCount: Int
    public let settings: String

    public var bytesPerVector: Double { Double(byteCount) / Double(max(1, vectorCount)) }
}

/// What became of a part of the matrix.
public enum CellOutcome<Value: Sendable & Codable & Hashable>: Hashable, Sendable {
    case done(Value)
    case failed(code: String, message: String)

    public var value: Value? { if case .done(let value) = self { value } else { nil } }
    public var failure: (code: String, message: String)? {
        if case .failed(let code, let message) = self { (code, message) } else { nil }
    }
}

/// `{"done": …}`, or `{"failed": {"code": …, "message": …}}`.
extension CellOutcome: Codable {
    private enum Key: CodingKey { case done, failed }
    private enum FailureKey: CodingKey { case code, message }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        guard let failure = try? members.nestedContainer(keyedBy: FailureKey.self, forKey: .failed) else {
            self = .done(try members.decode(Value.self, forKey: .done))
            return
        }
        self = .failed(
            code: try failure.decode(String.self, forKey: .code),
            message: try failure.decode(String.self, forKey: .message))
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        switch self {
        case .done(let value): try members.encode(value, forKey: .done)
        case .failed(let code, let message):
            var failure = members.nestedContainer(keyedBy: FailureKey.self, forKey: .failed)
            try failure.encode(code, forKey: .code)
            try failure.encode(message, forKey: .message)
        }
    }
}

/// A row of the report: a model in one precision.
public struct ModelRow: Hashable, Sendable, Codable {
    public let title: String
    public let base: String
    public let modelID: String
    public let precision: String
    public let quality: CellOutcome<ModelQuality>
    /// `nil` where quality failed.
    public let speed: CellOutcome<ModelSpeed>?
    /// By index and collection; a failure stands beside the index's name.
    public let indexes: [IndexRow]
    /// By index and set; beside the exact scan's they say what an index costs.
    public let indexQualities: [IndexQuality]
}

/// An index's part of a row.
public struct IndexRow: Hashable, Sendable, Codable {
    public let index: String
    public let collection: String
    public let outcome: CellOutcome<IndexResult>
}

/// A model or index that was asked for and not run.
public struct LeftOut: Hashable, Sendable, Codable {
    public let name: String
    public let reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}

/// What figures depend on besides the program.
public struct BenchmarkCircumstances: Hashable, Sendable, Encodable {
    public var machine: Machine
    /// Names and versions of the program and of what it ran on.
    public var versions: [String: String]
    /// What else the machine did: the load average when the benchmark began and ended, and what a person says.
    public var loadAtStart: Double
    public var loadAtEnd: Double
    public var note: String
    /// Parts of the matrix that earlier calls had measured, on this machine with these versions.
    public var keptPartCount = 0

    public init(
        machine: Machine, versions: [String: String], loadAtStart: Double, loadAtEnd: Double = 0, note: String = ""
    ) {
        self.machine = machine
        self.versions = versions
        self.loadAtStart = loadAtStart
        self.loadAtEnd = loadAtEnd
        self.note = note
    }
}
