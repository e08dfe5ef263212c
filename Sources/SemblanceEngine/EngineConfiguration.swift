import Foundation
import SemblanceCore

/// Sizes and limits of an engine.
public struct EngineConfiguration: Sendable, Hashable {
    /// Threads that decode and embed while ingesting, and as many for queries. Default: the machine's cores. 1…256.
    public var workerThreadCount: Int
    /// Images a worker embeds at once; `nil` takes the model's preference. 1…256.
    public var batchSize: Int?
    /// Bytes of originals that one worker holds in memory before it embeds what it has. Default 32 MB.
    public var maximumBatchByteCount: Int
    /// The greatest `k` and page depth of a search. Default 1,000,000.
    public var maximumLimit: Int
    /// Queries that may wait for a thread; more are refused. Default 256.
    public var maximumWaitingQueryCount: Int
    /// Searches that run as jobs at the same time. Default 4.
    public var searchWorkerCount: Int
    /// Images that one query may combine. Default 32.
    public var maximumTermCount: Int
    /// Ended jobs are kept this long. Default one week.
    public var jobRetention: Duration
    public var limits: DecodingLimits
    /// Longest side of a thumbnail in pixels. Default 320.
    public var thumbnailSide: Int

    public init(
        workerThreadCount: Int = ProcessInfo.processInfo.activeProcessorCount, batchSize: Int? = nil,
        maximumBatchByteCount: Int = 32_000_000, maximumLimit: Int = 1_000_000, maximumWaitingQueryCount: Int = 256,
        searchWorkerCount: Int = 4, maximumTermCount: Int = 32, jobRetention: Duration = .seconds(7 * 86_400),
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
        self.limits = limits
        self.thumbnailSide = thumbnailSide
    }

    /// - Throws: `RequestError` naming the value that is out of range.
    public func validate() throws {
        guard (1...256).contains(workerThreadCount) else {
            throw RequestError(.invalidQuery, "The number of threads is 1 to 256, not \(workerThreadCount).")
        }
        if let batchSize, !(1...256).contains(batchSize) {
            throw RequestError(.invalidQuery, "The batch size is 1 to 256, not \(batchSize).")
        }
        try limits.validate()
    }
}
