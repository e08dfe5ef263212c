import Foundation
import SemblanceCore

/// Sizes and limits of an engine.
public struct EngineConfiguration: Sendable, Hashable {
    /// Threads that decode and embed while ingesting, and as many for queries. Default: the machine's cores. 1…256.
    public var workerThreadCount: Int
    /// Images a worker embeds at once; `nil` takes the model's preference. 1…256.
    public var batchSize: Int?
    /// Bytes of originals that one worker holds in memory before it embeds what it has. Default 32 MB; 1 kB…4 GB.
    public var maximumBatchByteCount: Int
    /// The greatest `k` and page depth of a search. Default 1,000,000; 1…1,000,000.
    public var maximumLimit: Int
    /// Queries that may wait for a thread; more are refused. Default 256; 1…65536.
    public var maximumWaitingQueryCount: Int
    /// Searches that run as jobs at the same time. Default 4; 1…256.
    public var searchWorkerCount: Int
    /// Images and texts that one query may combine. Default 32; 1…1000.
    public var maximumTermCount: Int
    /// Ended jobs are kept this long. Default one week; 1 min…10 years.
    public var jobRetention: Duration
    /// How long a job of a lane may run before it fails; a lane that is not named has no limit. Default: searches 2 min.
    /// 1 s…30 days.
    public var jobTimeLimits: [Job.Lane: Duration]
    /// Between two signs of life of a running job; leases last several times as long. Default 5 s; 10 ms…10 s.
    public var heartbeatInterval: Duration
    /// How long running jobs may go on when workers are asked to end; then they are put back. Default 15 s; 0…1 h.
    public var drainLimit: Duration
    /// How long one host may go on failing slowly, without an image in between, until an ingestion gives it up. Default
    /// 2 min; 10 ms…1 day.
    public var hostPatience: Duration
    public var limits: DecodingLimits
    /// Longest side of a thumbnail in pixels. Default 320; 16…4096.
    public var thumbnailSide: Int

    public init(
        workerThreadCount: Int = ProcessInfo.processInfo.activeProcessorCount, batchSize: Int? = nil,
        maximumBatchByteCount: Int = 32_000_000, maximumLimit: Int = 1_000_000, maximumWaitingQueryCount: Int = 256,
        searchWorkerCount: Int = 4, maximumTermCount: Int = 32, jobRetention: Duration = .seconds(7 * 86_400),
        jobTimeLimits: [Job.Lane: Duration] = [.search: .seconds(120)], heartbeatInterval: Duration = .seconds(5),
        drainLimit: Duration = .seconds(15), hostPatience: Duration = .seconds(120),
        limits: DecodingLimits = DecodingLimits(), thumbnailSide: Int = 320
    ) {
        self.workerThreadCount = workerThreadCount
        self.batchSize = batchSize
        self.maximumBatchByteCount = maximumBatchByteCount
        self.maximumLimit = maximumLimit
        self.maximumWaitingQueryCount = maximumWaitingQueryCount
        self.searchWorkerCount = searchWorkerCount
        self.maximumTermCount = maximumTermCount
        self.jobRetention = jobRetention
        self.jobTimeLimits = jobTimeLimits
        self.heartbeatInterval = heartbeatInterval
        self.drainLimit = drainLimit
        self.hostPatience = hostPatience
        self.limits = limits
        self.thumbnailSide = thumbnailSide
    }

    /// - Throws: `RequestError` naming the value that is out of range.
    public func validate() throws {
        try Self.check("number of threads", workerThreadCount, in: 1...256)
        try Self.check("batch size", batchSize ?? 1, in: 1...256)
        try Self.check("number of bytes of a batch", maximumBatchByteCount, in: 1_000...4_000_000_000)
        try Self.check("greatest k", maximumLimit, in: 1...1_000_000)
        try Self.check("number of queries that wait", maximumWaitingQueryCount, in: 1...65_536)
        try Self.check("number of searches that run as jobs", searchWorkerCount, in: 1...256)
        try Self.check("number of images of a query", maximumTermCount, in: 1...1_000)
        try Self.check("time for which ended jobs are kept", jobRetention, in: .seconds(60) ... .seconds(315_360_000))
        for limit in jobTimeLimits.values {
            try Self.check("time that a job may take", limit, in: .seconds(1) ... .seconds(30 * 86_400))
        }
        try Self.check("time between two signs of life", heartbeatInterval, in: .milliseconds(10) ... .seconds(10))
        try Self.check("time for jobs to end in", drainLimit, in: .zero ... .seconds(3600))
        try Self.check(
            "time until a host that fails is given up", hostPatience, in: .milliseconds(10) ... .seconds(86_400))
        try Self.check("side of a thumbnail", thumbnailSide, in: 16...4_096)
        try limits.validate()
    }

    private static func check<Value: Comparable>(_ name: String, _ value: Value, in range: ClosedRange<Value>) throws {
        guard range.contains(value) else {
            throw RequestError(
                .invalidQuery, "The \(name) is \(range.lowerBound) to \(range.upperBound), not \(value).")
        }
    }
}
