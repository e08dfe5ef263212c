// A queue over Redis Streams.
//
// Each lane is a stream with one consumer group; an entry is a job's id. A process reads with its own consumer, as many
// jobs as it has workers waiting, over a connection of its own that blocks on the server. What is read is in hand until
// it is acknowledged or put back, and its idle time in the group's pending list is its lease: a running job's is renewed,
// and what has been idle for a whole lease was left by a dead worker and goes to another.
//
// The job store is the truth. When the server comes back empty, and at an interval, whichever process comes first puts
// the store's unfinished jobs in; those that wait or are in hand already are known and not added twice.
//
// Invariant: `known[job]` names the one entry, or the delay, by which a job is in the queue. Every step checks it in
// one script with what it changes (`RedisScript`), so a step that comes late, or twice, changes nothing.

import Foundation
import Logging
import SemblanceCore
import Synchronization

/// Hands jobs to the workers of any number of processes, through Redis 6.2 or later, or Valkey.
public final class RedisJobQueue: JobQueue {
    public struct Configuration: Sendable, Hashable {
        /// Jobs that may wait in a lane; more are refused. Default 1,000; 1 or more.
        public var capacity: Int
        /// A job in hand whose worker gives no sign of life for this long goes to another. Default 30 s.
        public var lease: Duration
        /// For jobs that could not be run.
        public var retries: RetryPolicy
        /// How often the job store is compared with the queue, by one process. Default 15 s.
        public var reconciliationInterval: Duration
        /// Jobs that were given up are kept, about so many. Default 1,000.
        public var deadLetterCapacity: Int
        /// First part of every key. Default `semblance`.
        public var keyPrefix: String
        public var connectLimit: Duration
        /// How long the server may take to answer. Default 3 s.
        public var commandLimit: Duration

        public init(
            capacity: Int = 1000, lease: Duration = .seconds(30), retries: RetryPolicy = RetryPolicy(),
            reconciliationInterval: Duration = .seconds(15), deadLetterCapacity: Int = 1000,
            keyPrefix: String = "semblance", connectLimit: Duration = .seconds(3), commandLimit: Duration = .seconds(3)
        ) {
            precondition(capacity > 0 && lease > .zero && reconciliationInterval > .zero && deadLetterCapacity > 0)
            self.capacity = capacity
            self.lease = lease
            self.retries = retries
            self.reconciliationInterval = reconciliationInterval
            self.deadLetterCapacity = deadLetterCapacity
            self.keyPrefix = keyPrefix
            self.connectLimit = connectLimit
            self.commandLimit = commandLimit
        }
    }

    let jobs: any JobStore
    let configuration: Configuration
    let client: RedisClient
    let logger: Logger
    /// This process, in the consumer groups.
    let consumer: String
    let lanes: [Job.Lane: RedisLane]

    /// Connects when it is first used; `check()` says whether that works.
    /// - Parameter jobs: the truth, from which a queue that was lost is filled.
    public init(
        url: RedisURL, jobs: any JobStore, configuration: Configuration = Configuration(), logger: Logger
    ) {
        self.jobs = jobs
        self.configuration = configuration
        self.logger = logger
        let consumer = Self.consumerName()
        self.consumer = consumer
        let client = RedisClient(
            url: url, name: "semblance",
            timeouts: RedisTimeouts(connect: configuration.connectLimit, command: configuration.commandLimit))
        self.client = client
        lanes = Dictionary(
            uniqueKeysWithValues: Job.Lane.allCases.map { lane in
                (lane, RedisLane(lane, client: client, consumer: consumer, configuration: configuration))
            })
    }

    deinit {
        for lane in lanes.values { lane.close() }
    }

    private static func consumerName() -> String {
        let number = String(UInt32.random(in: 0 ... .max), radix: 16)
        return "\(ProcessInfo.processInfo.hostName)-\(getpid())-\(number)"
    }

    func lane(_ lane: Job.Lane) -> RedisLane {
        guard let found = lanes[lane] else { preconditionFailure("every lane has one") }
        return found
    }

    // MARK: JobQueue

    public func enqueue(_ id: Job.ID, lane: Job.Lane) async throws {
        guard try await enqueue([id], lane: lane) == 1 else {
            throw JobError(
                .queueFull, "\(configuration.capacity) jobs are waiting already; try again when some are done.")
        }
    }

    public func next(in lane: Job.Lane) async throws -> Job.ID? {
        let found = self.lane(lane)
        found.start { [weak self] in await self?.loop(found) }
        return await found.next()
    }

    public func acknowledge(_ id: Job.ID, lane: Job.Lane) async throws {
        guard let entry = self.lane(lane).release(id) else { return }
        _ = try await run(RedisScript.acknowledge, lane, [consumer, id.rawValue, entry])
    }

    public func putBack(_ id: Job.ID, lane: Job.Lane, after pause: Duration) async throws {
        guard let entry = self.lane(lane).release(id) else { return }
        try await putBack(id, entry: entry, lane: lane, after: pause)
    }

    public func retry(_ id: Job.ID, lane: Job.Lane, reason: String) async throws -> JobRetry {
        guard let entry = self.lane(lane).release(id) else { return .later(.zero) }
        let tries = try await run(RedisScript.countTry, lane, [consumer, id.rawValue, entry]).integer ?? 0
        // Taken over meanwhile: whoever has it now decides.
        guard tries > 0 else { return .later(.zero) }
        let decision = configuration.retries.decide(afterTries: tries, jitter: Double.random(in: 0...1))
        switch decision {
        case .later(let pause): try await putBack(id, entry: entry, lane: lane, after: pause)
        case .givenUp: try await bury(id, entry: entry, lane: lane, reason: reason, tries: tries)
        }
        return decision
    }

    public func renew(_ ids: Set<Job.ID>, lane: Job.Lane) async throws {
        let entries = self.lane(lane).entries(of: ids)
        guard !entries.isEmpty else { return }
        _ = try await run(RedisScript.renew, lane, [consumer, presence] + entries)
    }

    public func depth(of lane: Job.Lane) async throws -> Int { try await statistics(of: lane).depth }

    public func statistics(of lane: Job.Lane) async throws -> JobQueueStatistics {
        let values = try await run(RedisScript.statistics, lane, []).items.map { $0.integer ?? 0 }
        guard values.count == 8 else { throw Self.unexpected }
        return JobQueueStatistics(
            isShared: true, depth: values[0] + values[2], inHand: values[1], delayed: values[2],
            workers: values[3], retries: values[4], takeovers: values[5], deadLetters: values[6])
    }

    /// Sends waiting workers home and takes this process off the list of workers. Jobs in hand are to be acknowledged or
    /// put back before; what is not goes to another worker when its lease is over.
    public func close() async {
        for lane in lanes.values { lane.close() }
        for lane in lanes.keys where lanes[lane]?.hasStarted == true {
            _ = try? await run(RedisScript.leave, lane, [consumer])
        }
        client.close()
    }

    // MARK: Steps

    /// - Returns: how many were taken or known, in order, until the lane was full.
    func enqueue(_ ids: [Job.ID], lane: Job.Lane) async throws -> Int {
        let arguments = ["\(configuration.capacity)"] + ids.map(\.rawValue)
        guard let count = try await run(RedisScript.enqueue, lane, arguments).integer else { throw Self.unexpected }
        return count
    }

    func putBack(_ id: Job.ID, entry: String, lane: Job.Lane, after pause: Duration) async throws {
        _ = try await run(RedisScript.putBack, lane, [consumer, id.rawValue, entry, "\(pause.wholeMilliseconds)"])
        self.lane(lane).reader.expectDelayed()
    }

    func run(_ script: String, _ lane: Job.Lane, otherKeys: [String] = [], _ arguments: [String]) async throws
        -> RedisReply
    {
        let keys = self.lane(lane).keys
        return try await client.call(RedisScript.command(script, keys, otherKeys: otherKeys, arguments))
    }

    /// For how long a process counts as a worker after its last sign of life, in milliseconds.
    private var presence: String { "\(configuration.lease.wholeMilliseconds)" }

    static let unexpected = JobError(.queueUnavailable, "The job queue's server gives an answer that is not expected.")
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int { Int(self / .milliseconds(1)) }
}
