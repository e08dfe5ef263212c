import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite(.enabled(if: TestQueue.isWanted, TestQueue.reason), .timeLimit(.minutes(5))) struct RedisJobNoticesTests {
    let prefix = TestQueue.keyPrefix()

    private func notices(_ url: String? = nil) throws -> RedisJobNotices {
        RedisJobNotices(
            url: try RedisURL(url ?? TestQueue.url()), keyPrefix: prefix, logger: RedisQueueFixture.logger)
    }

    private func running() -> Job {
        var job = Job(work: Samples.ingestion())
        _ = job.start(isOrphaned: false, at: Date())
        return job
    }

    @Test func newsReachAnotherProcess() async throws {
        let (here, there) = (try notices(), try notices())
        var news = there.news().makeAsyncIterator()
        // It listens now, and may have missed what was told before.
        #expect(await news.next() == .some(nil))
        let job = running()
        await here.publish(job)
        #expect(await news.next() == .some(job.id))
        await here.publish(JobProgress(total: 3, done: 1), isCancellationRequested: false, of: job.id)
        #expect(await news.next() == .some(job.id))
        await there.close()
        #expect(await news.next() == nil)
        await here.close()
    }

    @Test func keepsAJobAsItWasToldLast() async throws {
        let (here, there) = (try notices(), try notices())
        var job = running()
        #expect(await there.latest(job.id) == nil)
        // What is told of a running job expires soon: on a busy machine it is told again.
        let running = job
        try await eventually {
            await here.publish(running)
            guard let told = await there.latest(running.id) else { return false }
            return told.id == running.id && told.work == running.work && told.state == .running
        }
        let progress = JobProgress(total: 9, done: 4, failed: 1)
        try await eventually {
            await here.publish(running)
            await here.publish(progress, isCancellationRequested: true, of: running.id)
            guard let told = await there.latest(running.id) else { return false }
            return told.progress == progress && told.isCancellationRequested
        }
        try job.finish(.succeeded(result: ["found": 3]), at: Date())
        await here.publish(job)
        let ended = try #require(await there.latest(job.id))
        #expect(ended.state == .succeeded && ended.result == ["found": 3])
        await here.close()
        await there.close()
    }

    @Test func whatHasEndedStaysEnded() async throws {
        let notices = try notices()
        let before = running()
        var job = before
        try job.finish(.failed(code: "c", reason: "r"), at: Date())
        await notices.publish(job)
        await notices.publish(before)
        await notices.publish(JobProgress(total: 1), isCancellationRequested: false, of: job.id)
        let told = try #require(await notices.latest(job.id))
        #expect(told.state == .failed && told.progress == JobProgress())
        await notices.close()
    }

    @Test func whatIsKeptExpires() async throws {
        let notices = try notices()
        let client = RedisClient(url: try RedisURL(TestQueue.url()), name: "test")
        var job = running()
        await notices.publish(job)
        await notices.publish(JobProgress(total: 1), isCancellationRequested: false, of: job.id)
        let soon = try #require(try await client.call(["PTTL", "\(prefix):job:\(job.id)"]).integer)
        #expect(soon != -1 && soon <= 2000, "a running job may be stale for so long at most")
        try job.finish(.cancelled, at: Date())
        await notices.publish(job)
        let late = try #require(try await client.call(["PTTL", "\(prefix):job:\(job.id)"]).integer)
        #expect((500_000...600_000).contains(late))
        await notices.close()
    }

    @Test func aJobTooLongToKeepIsOnlyToldOf() async throws {
        let notices = try notices()
        var news = notices.news().makeAsyncIterator()
        #expect(await news.next() == .some(nil))
        let urls = (0..<20_000).map { "https://pictures.example/\($0).jpg" }
        var job = Job(work: .ingest(IngestWork(catalogue: "default", modelID: "small", source: .urls(urls))))
        _ = job.start(isOrphaned: false, at: Date())
        await notices.publish(job)
        #expect(await news.next() == .some(job.id))
        #expect(await notices.latest(job.id) == nil)
        await notices.publish(JobProgress(total: 5), isCancellationRequested: false, of: job.id)
        #expect(await notices.latest(job.id) == nil)
        await notices.close()
    }

    @Test func listensAgainAfterARestart() async throws {
        let server = try PrivateRedis()
        let (here, there) = (try notices(server.url), try notices(server.url))
        var news = there.news().makeAsyncIterator()
        #expect(await news.next() == .some(nil))
        server.kill()
        let start = ContinuousClock.now
        #expect(await here.latest(.random()) == nil)
        await here.publish(running())
        #expect(ContinuousClock.now - start < .seconds(60), "news never hold up the work")
        try server.start()
        #expect(await news.next() == .some(nil), "everybody looks once: something may have been missed")
        let job = running()
        let told = Task { await news.next() }
        try await eventually {
            await here.publish(job)
            return await here.latest(job.id) != nil
        }
        #expect(await told.value == .some(job.id))
        await here.close()
        await there.close()
    }

    @Test func aConnectionThatLeadsNowhereIsNoticed() async throws {
        let server = try PrivateRedis()
        let proxy = try StallingProxy(to: server.port)
        let notices = RedisJobNotices(
            url: try RedisURL("redis://127.0.0.1:\(proxy.port)"), keyPrefix: prefix, quietLimit: .milliseconds(200),
            logger: RedisQueueFixture.logger)
        var news = notices.news().makeAsyncIterator()
        #expect(await news.next() == .some(nil))
        proxy.stall()
        proxy.resume()
        // Silent for a while, asked, silent again: it connects anew.
        #expect(await news.next() == .some(nil))
        await notices.close()
        proxy.close()
    }
}
