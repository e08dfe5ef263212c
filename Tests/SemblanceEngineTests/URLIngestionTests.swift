import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct URLIngestionTests {
    private static func work(_ urls: [String]) -> JobWork {
        .ingest(IngestWork(catalogue: "default", modelID: "small", source: .urls(urls)))
    }

    @Test func aHostThatIsDownIsGivenUp() async throws {
        let fetcher = NumberedFetcher(delay: .milliseconds(20))
        let fixture = try EngineFixture(
            configuration: EngineConfiguration(workerThreadCount: 2, hostPatience: .milliseconds(200)),
            fetcher: fetcher)
        let down = (0..<200).map { "http://down.example/\($0)" }
        let job = try await fixture.run(Self.work(down + (0..<8).map { "http://pictures.example/\($0)" }))
        #expect(job.progress == JobProgress(total: 208, done: 8, failed: 200))
        // Five workers ask for 200 ms, 20 ms each time.
        #expect((1..<150).contains(fetcher.waitCount))
        let failures = try await fixture.engine.failures(of: job.id.rawValue, limit: 300)
        #expect(failures.count { $0.message.contains("'down.example' sent nothing") } == 200 - fetcher.waitCount)
        #expect(failures.allSatisfy { $0.code == "image-fetch-failed" })
    }

    /// Five workers wait for three seconds each: that is three seconds, not fifteen.
    @Test func aHostThatComesBackIsAskedAgain() async throws {
        let fetcher = NumberedFetcher(delay: .seconds(3), failureCount: 5)
        let fixture = try EngineFixture(
            configuration: EngineConfiguration(workerThreadCount: 2, hostPatience: .seconds(12)), fetcher: fetcher)
        let job = try await fixture.run(Self.work((0..<100).map { "http://down.example/\($0)" }))
        #expect(job.progress == JobProgress(total: 100, done: 95, failed: 5))
    }

    /// Images that are not there are no sign of a host that is down.
    @Test func aHostThatFailsAtOnceIsAskedForAll() async throws {
        let fetcher = NumberedFetcher()
        let fixture = try EngineFixture(
            configuration: EngineConfiguration(workerThreadCount: 2, hostPatience: .seconds(60)), fetcher: fetcher)
        let job = try await fixture.run(Self.work((0..<100).map { "http://down.example/\($0)" }))
        #expect(job.progress.failed == 100)
        #expect(fetcher.waitCount == 100)
    }

    @Test func isCancelledWhileHostsAreSlow() async throws {
        let fetcher = NumberedFetcher(delay: .seconds(300))
        let fixture = try EngineFixture(fetcher: fetcher)
        let job = try await fixture.engine.submit(Self.work(["http://down.example/1"]))
        let engine = fixture.engine
        let running = Task { try await engine.run(job.id) }
        try await eventually { fetcher.waitCount == 1 }
        _ = try await engine.cancelJob(job.id.rawValue)
        try await running.value
        #expect(try await engine.job(job.id.rawValue).state == .cancelled)
    }
}
