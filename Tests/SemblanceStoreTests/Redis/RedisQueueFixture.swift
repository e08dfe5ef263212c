import Foundation
import Logging
import SemblanceCore
import SemblanceStore
import SemblanceTesting

/// Queues of several processes over one server, with keys of their own.
struct RedisQueueFixture {
    let store = InMemoryJobStore()
    let prefix = TestQueue.keyPrefix()
    let url: RedisURL

    init(url: String? = nil) throws {
        self.url = try RedisURL(url ?? TestQueue.url())
    }

    /// A queue as another process has it: with a connection and a consumer of its own.
    func queue(
        jobs: (any JobStore)? = nil, url: String? = nil, _ edit: (inout RedisJobQueue.Configuration) -> Void = { _ in }
    ) throws -> RedisJobQueue {
        var configuration = RedisJobQueue.Configuration(
            capacity: 8, lease: .seconds(30), reconciliationInterval: .seconds(3600), keyPrefix: prefix,
            connectLimit: .seconds(3), commandLimit: .seconds(3))
        edit(&configuration)
        return RedisJobQueue(
            url: try url.map { try RedisURL($0) } ?? self.url, jobs: jobs ?? store, configuration: configuration,
            logger: Self.logger)
    }

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A job that waits, in the store only.
    func insert(_ work: JobWork = Samples.search()) async throws -> Job.ID {
        let job = Job(work: work)
        try await store.insert(job)
        return job.id
    }

    /// For looking behind the queue.
    func client() -> RedisClient { RedisClient(url: url, name: "test") }

    /// How long it takes until `body` throws.
    static func timeToFail(_ body: () async throws -> Void) async -> (error: (any Error)?, took: Duration) {
        let start = ContinuousClock.now
        do {
            try await body()
            return (nil, .now - start)
        } catch {
            return (error, .now - start)
        }
    }
}
