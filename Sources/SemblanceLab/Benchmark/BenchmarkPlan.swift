import SemblanceCore

/// What a benchmark compares: labelled sets, models each in some precision, and indexes.
public struct BenchmarkPlan: Sendable {
    /// Sizes and repetitions. Every value goes into the report.
    public struct Options: Hashable, Sendable, Codable {
        /// Rounds over all models, and over all indexes, so that a slow minute of the machine falls on all. 1…100.
        public var roundCount = 3
        /// Images embedded one at a time a round, spread over all sets. 1…10,000.
        public var latencyCount = 60
        /// Images embedded at once a round, on all threads. 1…100,000.
        public var throughputCount = 200
        /// Vectors of the large collection; 0 leaves it out. At most 10,000,000.
        public var vectorCount = 20_000
        /// Queries of the indexes, held out of every collection; fewer if a tenth of the images is less. 10…10,000.
        public var queryCount = 200
        /// Neighbours that indexes are asked for. 1…1000.
        public var limit = 10
        /// Threads that embed and search at the same time. 1…256.
        public var threadCount: Int
        /// Decides which images are held out, and what augmentation draws.
        public var seed: UInt64 = 1

        public init(threadCount: Int) { self.threadCount = threadCount }

        /// - Throws: `benchmark-invalid` naming the value that is out of range.
        public func validate() throws(LabError) {
            func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(LabError) {
                guard range.contains(value) else {
                    throw LabError(
                        .invalidBenchmark,
                        "\(name) is \(range.lowerBound) to \(range.upperBound), not \(value).")
                }
            }
            try check("The number of rounds", roundCount, 1...100)
            try check("The number of images embedded one at a time", latencyCount, 1...10_000)
            try check("The number of images embedded at once", throughputCount, 1...100_000)
            try check("The number of vectors", vectorCount, 0...10_000_000)
            try check("The number of queries", queryCount, 10...10_000)
            try check("k", limit, 1...1000)
            try check("The number of threads", threadCount, 1...256)
        }
    }

    public var sets: [LabelledSet]
    public var models: [BenchmarkModel]
    public var indexes: [BenchmarkIndex]
    public var options: Options

    public init(sets: [LabelledSet], models: [BenchmarkModel], indexes: [BenchmarkIndex], options: Options) {
        self.sets = sets
        self.models = models
        self.indexes = indexes
        self.options = options
    }

    /// - Throws: `benchmark-invalid`.
    public func validate() throws(LabError) {
        try options.validate()
        guard !sets.isEmpty else { throw LabError(.invalidBenchmark, "Name at least one set.") }
        guard !models.isEmpty else { throw LabError(.invalidBenchmark, "Name at least one model.") }
        try Self.checkUnique(sets.map(\.name), "sets")
        try Self.checkUnique(models.map(\.title), "models")
        try Self.checkUnique(indexes.map(\.name), "indexes")
        // A bound that every set can meet: with more, recall at k would mean another thing from set to set.
        let imageCount = sets.reduce(0) { $0 + $1.images.count }
        guard indexes.isEmpty || options.limit < imageCount else {
            throw LabError(
                .invalidBenchmark,
                "k is \(options.limit), but all sets together have \(imageCount) images; ask for fewer neighbours.")
        }
    }

    private static func checkUnique(_ names: [String], _ what: String) throws(LabError) {
        for (name, next) in zip(names.sorted(), names.sorted().dropFirst()) where name == next {
            throw LabError(.invalidBenchmark, "Two \(what) are called '\(name)'; name each once.")
        }
    }
}

/// A model in one precision.
public struct BenchmarkModel: Sendable {
    /// The model that it is a form of: a model and its 8-bit form share it.
    public let base: String
    public let modelID: String
    /// `f32`, `bf16`, `int8`; empty for a model without a network.
    public let precision: String
    /// Changes with all that its numbers depend on, such as files, options, engine and machine: what was measured before
    /// then is measured again.
    public let fingerprint: String
    /// Loads the model anew; whoever lets go of it frees its memory.
    public let load: @Sendable () async throws -> LoadedModel

    public init(
        base: String, modelID: String, precision: String, fingerprint: String = "",
        load: @escaping @Sendable () async throws -> LoadedModel
    ) {
        self.base = base
        self.modelID = modelID
        self.precision = precision
        self.fingerprint = fingerprint
        self.load = load
    }

    /// The name in reports, such as `efficientnet-lite0 · bf16`.
    public var title: String { precision.isEmpty ? base : "\(base) · \(precision)" }
}

/// A model in memory.
public struct LoadedModel: Sendable {
    public let embedder: any Embedder
    /// Bytes of its weights; 0 for a model without any.
    public let byteCount: Int64

    public init(embedder: any Embedder, byteCount: Int64) {
        self.embedder = embedder
        self.byteCount = byteCount
    }
}

/// A kind of index.
public struct BenchmarkIndex: Sendable {
    public let name: String
    /// Changes with what the index is built by: what was measured before then is measured again.
    public let fingerprint: String
    /// Builds one of vectors numbered from 1. Queries of the kind that will be asked may tune it; without any it holds out
    /// vectors if it needs some.
    public let build:
        @Sendable (_ model: ModelVersion, _ vectors: [Embedding], _ tuningQueries: [Embedding]) async throws ->
            BuiltIndex

    public init(
        name: String, fingerprint: String = "",
        build: @escaping @Sendable (ModelVersion, [Embedding], [Embedding]) async throws -> BuiltIndex
    ) {
        self.name = name
        self.fingerprint = fingerprint
        self.build = build
    }
}

/// An index that was built for a benchmark.
public struct BuiltIndex: Sendable {
    public let index: any VectorIndex
    /// Bytes that it holds, in memory and files or in its database.
    public let byteCount: Int
    /// How it is set, for people.
    public let settings: String
    /// What building took, if the clock around the call would count something else, such as choosing parameters.
    public let buildTime: Duration?
    /// Which vector has which number, from 0; `nil` if the numbers are 1, 2, 3….
    private let places: [CatalogueImage.ID: Int]?
    /// Deletes what it left.
    public let close: @Sendable () async -> Void

    public init(
        index: any VectorIndex, byteCount: Int, settings: String, buildTime: Duration? = nil,
        places: [CatalogueImage.ID: Int]? = nil, close: @escaping @Sendable () async -> Void = {}
    ) {
        self.index = index
        self.byteCount = byteCount
        self.settings = settings
        self.buildTime = buildTime
        self.places = places
        self.close = close
    }

    /// The place of a vector that was found among those that were given.
    func place(of id: CatalogueImage.ID) -> Int { places?[id] ?? Int(id.rawValue) - 1 }
}
