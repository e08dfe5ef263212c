import ArgumentParser
import Foundation
import Logging
import SemblanceCore
import SemblanceStore

/// How many jobs go through Redis in a second, and how soon the end of one reaches a waiter.
struct QueueBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Hand jobs through Redis, and news of their end.")

    @Option(help: "The server: redis://…")
    var url: String

    @Option(help: "Jobs to hand through.")
    var jobs = 2000

    @Option(help: "News to measure.")
    var news = 300

    private static let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    func run() async throws {
        let url = try RedisURL(url)
        var members: [String: JSONValue] = [:]
        for workers in [1, 4, 16] {
            members["jobs_per_second_\(workers)_workers"] = .number(try await throughput(workers: workers, url))
        }
        let (handOver, ends) = (try await handOverLatency(url), try await newsLatency(url))
        members["hand_over_ms"] = handOver
        members["news_ms"] = ends
        print(JSONValue.object(members).text)
    }

    private func queue(_ url: RedisURL) -> RedisJobQueue {
        RedisJobQueue(
            url: url, jobs: NoJobs(), configuration: .init(capacity: 1_000_000, keyPrefix: "bench-\(UUID())"),
            logger: Self.logger)
    }

    /// Enqueues all, then takes and acknowledges all; each step waits for its answer.
    private func throughput(workers: Int, _ url: RedisURL) async throws -> Double {
        let queue = self.queue(url)
        let ids = (0..<jobs).map { _ in Job.ID.random() }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                let own = stride(from: worker, to: ids.count, by: workers).map { ids[$0] }
                group.addTask {
                    for id in own { try await queue.enqueue(id, lane: .search) }
                    for _ in own {
                        guard let id = try await queue.next(in: .search) else { return }
                        try await queue.acknowledge(id, lane: .search)
                    }
                }
            }
            try await group.waitForAll()
        }
        let took = ContinuousClock.now - start
        await queue.close()
        return (Double(jobs) / (took / .seconds(1))).rounded()
    }

    /// From enqueuing in one process to a waiting worker's start in another: two queues with connections of their own.
    private func handOverLatency(_ url: RedisURL) async throws -> JSONValue {
        let prefix = "bench-\(UUID())"
        let queues = (0..<2).map { _ in
            RedisJobQueue(
                url: url, jobs: NoJobs(), configuration: .init(keyPrefix: prefix), logger: Self.logger)
        }
        var times: [Double] = []
        for _ in 0..<news {
            async let next = queues[1].next(in: .search)
            // The worker waits at the server by then.
            try await Task.sleep(for: .milliseconds(3))
            let start = ContinuousClock.now
            try await queues[0].enqueue(.random(), lane: .search)
            guard let id = try await next else { break }
            times.append((ContinuousClock.now - start) / .milliseconds(1))
            try await queues[1].acknowledge(id, lane: .search)
        }
        for queue in queues { await queue.close() }
        return Samples(times).json
    }

    /// From telling the end of a job to its state in the hands of a waiter that has connections of its own.
    private func newsLatency(_ url: RedisURL) async throws -> JSONValue {
        let prefix = "bench-\(UUID())"
        let notices = (0..<2).map { _ in RedisJobNotices(url: url, keyPrefix: prefix, logger: Self.logger) }
        var heard = notices[1].news().makeAsyncIterator()
        _ = await heard.next()
        var times: [Double] = []
        for _ in 0..<news {
            var job = Job(work: Self.work)
            _ = job.start(isOrphaned: false, at: Date())
            try job.finish(.succeeded(result: ["results": []]), at: Date())
            let start = ContinuousClock.now
            await notices[0].publish(job)
            while let told = await heard.next(), told != job.id {}
            guard await notices[1].latest(job.id)?.state == .succeeded else { break }
            times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        for one in notices { await one.close() }
        return Samples(times).json
    }

    private static let work = JobWork.search(
        SearchWork(
            catalogue: "default", modelID: "m", upload: SpooledUpload(path: "/spool/1", name: "q.jpg"), limit: 10))
}

/// The jobs are in the queue alone.
private struct NoJobs: JobStore {
    func insert(_ job: Job) async throws {}
    func job(_ id: Job.ID) async throws -> Job { throw JobError(.unknownJob, "There are no jobs.") }
    func jobs(in states: Set<Job.State>?, lane: Job.Lane?, limit: Int, offset: Int) async throws -> [Job] { [] }
    func counts() async throws -> [Job.State: Int] { [:] }
    func unfinished(lane: Job.Lane, limit: Int) async throws -> [Job.ID] { [] }
    func start(_ id: Job.ID) async throws -> Job? { nil }
    func report(_ id: Job.ID, progress: JobProgress, failures: [FileFailure]) async throws -> Bool { false }
    func finish(_ id: Job.ID, _ outcome: JobOutcome) async throws {}
    func requestCancellation(_ id: Job.ID) async throws -> Job { try await job(id) }
    func failures(of id: Job.ID, limit: Int, offset: Int) async throws -> [FileFailure] { [] }
    func deleteJobs(endedBefore age: Duration) async throws -> Int { 0 }
}
