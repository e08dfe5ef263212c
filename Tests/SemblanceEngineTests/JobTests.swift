import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct JobTests {
    let fixture: EngineFixture

    init() async throws {
        fixture = try EngineFixture()
        for number in 0..<10 { try fixture.write(number, to: "\(number).png") }
        try await fixture.index()
    }

    private func searchWork() throws -> JobWork {
        let path = try fixture.files.makeSpoolPath()
        try Data(SmallImage.numbered(3)).write(to: URL(fileURLWithPath: path))
        return .search(
            SearchWork(
                catalogue: "default", modelID: "small", upload: SpooledUpload(path: path, name: "query.png"), limit: 4))
    }

    @Test func runsASearchInTheBackground() async throws {
        let job = try await fixture.run(try searchWork())
        #expect(job.state == .succeeded)
        guard case .array(let results)? = job.result?["results"] else {
            Issue.record("a search's result is a list")
            return
        }
        #expect(results.count == 4)
        #expect(results[0]["name"] == "3.png")
        #expect(try fixture.files.spooledPaths().isEmpty)
    }

    @Test func workersRunWhatIsSubmittedAndStopWhenCancelled() async throws {
        let engine = fixture.engine
        let workers = Task { try await engine.runWorkers() }
        var jobs: [Job] = []
        for _ in 0..<20 { jobs.append(try await engine.submit(try searchWork())) }
        for job in jobs {
            let ended = try await engine.waitForJob(job.id.rawValue, timeout: .seconds(30))
            #expect(ended.state == .succeeded)
        }
        workers.cancel()
        try await workers.value
    }

    @Test func answersAWaitAtOnceWhenTheJobEnds() async throws {
        let engine = fixture.engine
        let job = try await engine.submit(try searchWork())
        async let waited = engine.waitForJob(job.id.rawValue, timeout: .seconds(30))
        try await engine.run(job.id)
        #expect(try await waited.state == .succeeded)
    }

    @Test func endsAWaitAtItsTimeOut() async throws {
        let job = try await fixture.engine.submit(try searchWork())
        let start = ContinuousClock.now
        let waited = try await fixture.engine.waitForJob(job.id.rawValue, timeout: .milliseconds(50))
        #expect(waited.state == .queued)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func tellsEachChangeUntilTheEnd() async throws {
        let engine = fixture.engine
        let job = try await engine.submit(try searchWork())
        let states = Task {
            var states: [Job.State] = []
            for try await job in engine.updates(of: job.id.rawValue) { states.append(job.state) }
            return states
        }
        try await engine.run(job.id)
        let seen = try await states.value
        #expect(seen.last == .succeeded)
        #expect(seen.filter(\.isFinal).count == 1)
    }

    @Test func failsWithTheReason() async throws {
        let path = try fixture.files.makeSpoolPath()
        try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
        let job = try await fixture.run(
            .search(
                SearchWork(
                    catalogue: "default", modelID: "small", upload: SpooledUpload(path: path, name: "x.jpg"), limit: 4))
        )
        #expect(job.state == .failed)
        #expect(job.reasonCode == "image-unsupported-format")
        #expect(job.reason == "This is not an image.")
        #expect(try fixture.files.spooledPaths().isEmpty)
    }

    @Test func cancelsWhatWaits() async throws {
        let job = try await fixture.engine.submit(try searchWork())
        #expect(try await fixture.engine.cancelJob(job.id.rawValue).state == .cancelled)
        try await fixture.engine.run(job.id)
        #expect(try await fixture.engine.job(job.id.rawValue).state == .cancelled)
        await #expect(throws: JobError.self) { try await fixture.engine.cancelJob(job.id.rawValue) }
    }

    @Test func removesSpoolFilesThatNobodyNeeds() async throws {
        _ = try await fixture.engine.submit(try searchWork())
        let orphan = try fixture.files.makeSpoolPath()
        try Data("left over".utf8).write(to: URL(fileURLWithPath: orphan))
        try await fixture.engine.cleanSpool()
        let left = try fixture.files.spooledPaths()
        #expect(left.count == 1 && !left.contains(orphan))
    }

    @Test func namesAJobThatIsUnknown() async throws {
        let error = await #expect(throws: JobError.self) { try await fixture.engine.job("none") }
        #expect(error?.code == .unknownJob)
    }
}
