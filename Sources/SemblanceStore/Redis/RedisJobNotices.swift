// News of jobs over Redis.
//
// A job's news are published on one channel as its id; whoever has waiters for it asks again. So that asking does not
// go to the database, the job as it is now is kept beside it for a while:
//
//   <prefix>:job:<id>   a hash of `job` (as JSON), `progress` (newer than the job's own) and `final`
//
// One that has ended never changes again: it is kept for ten minutes and is as good as the database's. One that runs is
// kept for two seconds after its last sign of progress, which bounds how old it can be if its worker dies, or if news of
// its end is lost. What has ended is never overwritten by what was told before its end and comes late.
//
// What does not fit (works with long lists of URLs, results of thousands of images) is asked for in the database.

import Foundation
import Logging
import SemblanceCore
import Synchronization

/// Tells and hears news of jobs through Redis.
public final class RedisJobNotices: JobNotices {
    /// How long a job that runs is taken for what was told last.
    private static let runningExpiry: Duration = .seconds(2)
    private static let finalExpiry: Duration = .seconds(600)
    /// Bytes of a job's JSON that are kept.
    private static let maximumByteCount = 256_000

    private let client: RedisClient
    private let keyPrefix: String
    private let subscription: RedisSubscription

    public convenience init(url: RedisURL, keyPrefix: String = "semblance", logger: Logger) {
        self.init(url: url, keyPrefix: keyPrefix, quietLimit: .seconds(5), logger: logger)
    }

    package init(url: RedisURL, keyPrefix: String, quietLimit: Duration, logger: Logger) {
        self.keyPrefix = keyPrefix
        let timeouts = RedisTimeouts()
        client = RedisClient(url: url, name: "semblance-notices", timeouts: timeouts)
        subscription = RedisSubscription(
            url: url, channel: "\(keyPrefix):news", timeouts: timeouts, quietLimit: quietLimit, logger: logger)
    }

    deinit { subscription.close() }

    public func publish(_ job: Job) async {
        let text = (try? JSONEncoder().encode(job)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let isKept = !text.isEmpty && text.utf8.count <= Self.maximumByteCount
        await tell(
            Self.tellJob, job.id,
            [
                isKept ? text : "", job.state.isFinal ? "1" : "0",
                "\((job.state.isFinal ? Self.finalExpiry : Self.runningExpiry).wholeMilliseconds)",
            ])
    }

    public func publish(_ progress: JobProgress, isCancellationRequested: Bool, of id: Job.ID) async {
        let news = ProgressNews(progress: progress, isCancellationRequested: isCancellationRequested)
        guard let text = try? JSONEncoder().encode(news) else { return }
        await tell(
            Self.tellProgress, id,
            [String(decoding: text, as: UTF8.self), "\(Self.runningExpiry.wholeMilliseconds)"])
    }

    public func latest(_ id: Job.ID) async -> Job? {
        guard id.rawValue.utf8.count <= 64,
            let reply = try? await client.send(["HMGET", key(of: id), "job", "progress"]),
            case .bytes(let bytes) = reply[0], var job = try? JSONDecoder().decode(Job.self, from: Data(bytes))
        else { return nil }
        if !job.state.isFinal, case .bytes(let bytes) = reply[1],
            let news = try? JSONDecoder().decode(ProgressNews.self, from: Data(bytes))
        {
            job.progress = news.progress
            job.isCancellationRequested = news.isCancellationRequested
        }
        return job
    }

    public func news() -> AsyncStream<Job.ID?> { subscription.listen() }

    public func close() async {
        subscription.close()
        client.close()
    }

    // MARK: Telling

    private struct ProgressNews: Codable {
        let progress: JobProgress
        let isCancellationRequested: Bool
    }

    private func key(of id: Job.ID) -> String { "\(keyPrefix):job:\(id.rawValue)" }

    private func tell(_ script: String, _ id: Job.ID, _ arguments: [String]) async {
        // News that are lost cost time only; the queue has said already that its server is gone.
        _ = try? await client.send(
            ["EVAL", script, "1", key(of: id), "\(keyPrefix):news", id.rawValue] + arguments)
    }

    /// Arguments: channel, id, job or nothing if it is not kept, whether it has ended, expiry in milliseconds.
    private static let tellJob = """
        if redis.call('HGET', KEYS[1], 'final') ~= '1' then
            redis.call('DEL', KEYS[1])
            if ARGV[3] ~= '' then
                redis.call('HSET', KEYS[1], 'job', ARGV[3], 'final', ARGV[4])
                redis.call('PEXPIRE', KEYS[1], ARGV[5])
            elseif ARGV[4] == '1' then
                redis.call('HSET', KEYS[1], 'final', '1')
                redis.call('PEXPIRE', KEYS[1], ARGV[5])
            end
        end
        return redis.call('PUBLISH', ARGV[1], ARGV[2])
        """

    /// Arguments: channel, id, progress, expiry in milliseconds. A job that is not kept is only told of.
    private static let tellProgress = """
        if redis.call('HGET', KEYS[1], 'final') == '0' then
            redis.call('HSET', KEYS[1], 'progress', ARGV[3])
            redis.call('PEXPIRE', KEYS[1], ARGV[4])
        end
        return redis.call('PUBLISH', ARGV[1], ARGV[2])
        """
}
