import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct WorkerTests {
    // MARK: Lanes

    @Test func takesJobsOfItsLanesOnly() async throws {
        let fixture = try WorkerFixture()
        let workers = Task { try await fixture.engine.runWorkers(lanes: [.search], concurrency: 2) }
        let ingestion = try await fixture.submitIngestion()
        let search = try await fixture.submitSearch()
        try await eventually { try await fixture.state(of: search).isFinal }
        #expect(try await fixture.state(of: ingestion) == .queued)
        workers.cancel()
        try await workers.value
    }

    @Test func runsAsManyAtOnceAsItIsTold() async throws {
        let fixture = try WorkerFixture()
        fixture.reader.hold()
        let workers = Task { try await fixture.engine.runWorkers(lanes: [.search], concurrency: 2) }
        for _ in 0..<4 { _ = try await fixture.submitSearch() }
        try await eventually { fixture.reader.heldCount == 2 }
        #expect(try await fixture.stored.counts() == [.running: 2, .queued: 2])
        #expect(fixture.engine.runningCounts == [.search: 2])
        fixture.reader.letGo()
        try await eventually { try await fixture.stored.counts() == [.succeeded: 4] }
        workers.cancel()
        try await workers.value
    }

    /// A broken upload must not turn into one that was there already.
    @Test func brokenUploadsFailAgainWhenTheirJobIsRunAgain() async throws {
        let fixture = try WorkerFixture()
        let work = try fixture.files.spool(numbers: 0..<6)
        guard case .spool(let listPath) = work.source else { return }
        for upload in try SpoolList(path: listPath).uploads().prefix(2) {
            try Data("text".utf8).write(to: URL(fileURLWithPath: upload.path))
        }
        fixture.jobs.failAt(6)
        let job = try await fixture.engine.submit(.ingest(work))
        let workers = Task { try await fixture.engine.runWorkers() }
        try await eventually { try await fixture.state(of: job).isFinal }
        let ended = try await fixture.stored.job(job.id)
        #expect(ended.attempts == 2)
        #expect(ended.progress == JobProgress(total: 6, failed: 2, skipped: 4))
        #expect(try await fixture.stored.failures(of: job.id, limit: 9, offset: 0).count == 2)
        // After the outcome is written.
        try await eventually { try fixture.files.spooledPaths().isEmpty }
        workers.cancel()
        try await workers.value
    }

    /// Somebody who is told that a job was refused takes its uploads away.
    @Test func aJobThatCannotBeCalledOffIsNotRefused() async throws {
        let fixture = try WorkerFixture(capacity: 0)
        await #expect { _ = try await fixture.submitUpload() } throws: { ($0 as? JobError)?.code == .queueFull }
        #expect(try await fixture.stored.counts() == [.cancelled: 1])
        fixture.jobs.setAway(true)
        let job = try await fixture.submitUpload()
        #expect(try await fixture.state(of: job) == .queued)
    }

    // MARK: Limits

    @Test func aJobThatTakesTooLongFailsWithTheReason() async throws {
        let fixture = try WorkerFixture { $0.jobTimeLimits = [.ingest: .milliseconds(50)] }
        fixture.reader.hold()
        let job = try await fixture.submitIngestion()
        let workers = Task { try await fixture.engine.runWorkers() }
        // On a busy machine the time may be over before anything is read.
        try await eventually {
            if fixture.reader.heldCount > 0 { return true }
            return try await fixture.state(of: job).isFinal
        }
        // What was called has to come back before the job can end.
        try await Task.sleep(for: .milliseconds(100))
        fixture.reader.letGo()
        try await eventually { try await fixture.state(of: job).isFinal }
        let ended = try await fixture.stored.job(job.id)
        #expect(ended.state == .failed)
        #expect(ended.reasonCode == "job-took-too-long")
        workers.cancel()
        try await workers.value
    }

    /// Longer than a worker waits for it.
    @Test func anOutcomeThatCouldNotBeWrittenIsWrittenLater() async throws {
        let fixture = try WorkerFixture()
        fixture.jobs.setFull(true)
        let workers = Task { try await fixture.engine.runWorkers() }
        let job = try await fixture.submitSearch()
        try await Task.sleep(for: .seconds(7))
        #expect(try await fixture.state(of: job) == .running)
        #expect(fixture.engine.runningCounts.isEmpty)
        fixture.jobs.setFull(false)
        try await eventually { try await fixture.state(of: job) == .succeeded }
        try await eventually { try fixture.files.spooledPaths(olderThan: .zero).isEmpty }
        workers.cancel()
        try await workers.value
    }

    @Test func searchesHaveALimitAndCataloguesNone() {
        let limits = EngineConfiguration().jobTimeLimits
        #expect(limits[.search] == .seconds(120) && limits[.ingest] == nil && limits[.reembed] == nil)
    }

    // MARK: The end

    @Test func drainingFinishesWhatRunsAndTakesNothingMore() async throws {
        let fixture = try WorkerFixture()
        fixture.reader.hold()
        let drain = WorkerDrain()
        let workers = Task { try await fixture.engine.runWorkers(lanes: [.search], concurrency: 1, drain: drain) }
        let running = try await fixture.submitSearch()
        try await eventually { fixture.reader.heldCount == 1 }
        let waiting = try await fixture.submitSearch()
        drain.begin()
        fixture.reader.letGo()
        try await workers.value
        #expect(try await fixture.state(of: running) == .succeeded)
        #expect(try await fixture.state(of: waiting) == .queued)
        #expect(await fixture.queue.depth(of: .search) == 1)
    }

    @Test func drainingPutsBackWhatDoesNotEndInTime() async throws {
        let fixture = try WorkerFixture { $0.drainLimit = .milliseconds(50) }
        fixture.reader.hold()
        let drain = WorkerDrain()
        let workers = Task { try await fixture.engine.runWorkers(drain: drain) }
        let job = try await fixture.submitIngestion()
        try await eventually { fixture.reader.heldCount > 0 }
        drain.begin()
        try await Task.sleep(for: .milliseconds(100))
        fixture.reader.letGo()
        try await workers.value
        #expect(try await fixture.state(of: job) == .queued)
        // The next worker goes on.
        let next = Task { try await fixture.engine.runWorkers() }
        try await eventually { try await fixture.state(of: job) == .succeeded }
        next.cancel()
        try await next.value
    }

    @Test func idleWorkersDrainAtOnce() async throws {
        let fixture = try WorkerFixture()
        let drain = WorkerDrain()
        let workers = Task { try await fixture.engine.runWorkers(drain: drain) }
        drain.begin()
        try await workers.value
        #expect(drain.hasBegun)
    }

    // MARK: Leases

    @Test func renewsLeasesWhileAJobRuns() async throws {
        let fixture = try WorkerFixture()
        fixture.reader.hold()
        let workers = Task { try await fixture.engine.runWorkers() }
        let job = try await fixture.submitIngestion()
        try await eventually { fixture.jobs.renewalCount >= 5 }
        fixture.reader.letGo()
        try await eventually { try await fixture.state(of: job) == .succeeded }
        try await eventually { fixture.engine.runningCounts.isEmpty }
        workers.cancel()
        try await workers.value
    }

    @Test func aWorkerThatLostItsLeaseStopsAndWritesNothing() async throws {
        let fixture = try WorkerFixture()
        fixture.reader.hold()
        let workers = Task { try await fixture.engine.runWorkers() }
        let job = try await fixture.submitIngestion()
        try await eventually { fixture.reader.heldCount > 0 }
        fixture.jobs.lose(job.id)
        let renewals = fixture.jobs.renewalCount
        try await eventually { fixture.jobs.renewalCount > renewals }
        fixture.reader.letGo()
        try await eventually { fixture.engine.runningCounts.isEmpty }
        #expect(try await fixture.state(of: job) == .running, "it is for the other one to end it")
        try await eventually { fixture.engine.measurements.durations.keys.map(\.outcome) == ["lost"] }
        workers.cancel()
        try await workers.value
    }

    // MARK: Trouble that passes

    @Test func whatFailsForAMomentIsTriedAgain() async throws {
        let fixture = try WorkerFixture()
        _ = try await fixture.submitIngestion()
        let workers = Task { try await fixture.engine.runWorkers() }
        try await eventually { try await fixture.stored.counts() == [.succeeded: 1] }
        fixture.models.failNext(2)
        let job = try await fixture.submitSearch()
        try await eventually { try await fixture.state(of: job).isFinal }
        #expect(try await fixture.state(of: job) == .succeeded)
        #expect(try await fixture.stored.job(job.id).attempts == 3)
        workers.cancel()
        try await workers.value
    }

    /// Nobody else has these images. A folder's can be indexed again, so that fails at once.
    @Test func uploadsOutliveADiskThatIsFullForAWhile() async throws {
        let fixture = try WorkerFixture()
        let workers = Task { try await fixture.engine.runWorkers() }
        fixture.models.failNext(1, .diskFull)
        let ingestion = try await fixture.submitIngestion()
        try await eventually { try await fixture.state(of: ingestion) == .failed }
        fixture.models.failNext(2, .diskFull)
        let upload = try await fixture.submitUpload()
        try await eventually { try await fixture.state(of: upload) == .succeeded }
        #expect(try await fixture.stored.job(upload.id).progress.done == 3)
        #expect(try await fixture.stored.job(upload.id).attempts == 3)
        try await eventually { try fixture.files.spooledPaths(olderThan: .zero).isEmpty }
        workers.cancel()
        try await workers.value
    }

    @Test func whatFailsAgainAndAgainIsGivenUpAndCanBeTriedAnew() async throws {
        let fixture = try WorkerFixture()
        _ = try await fixture.submitIngestion()
        let workers = Task { try await fixture.engine.runWorkers() }
        try await eventually { try await fixture.stored.counts() == [.succeeded: 1] }
        fixture.models.failNext(3)
        let job = try await fixture.submitSearch()
        try await eventually { try await fixture.state(of: job).isFinal }
        let ended = try await fixture.stored.job(job.id)
        #expect(ended.state == .failed && ended.reasonCode == "job-given-up")
        #expect(ended.reason?.contains("The database is busy.") == true)
        let letters = try await fixture.engine.deadLetters()
        #expect(letters.map(\.job) == [job.id] && letters.map(\.tries) == [3])
        // Its upload is there still, also after a new start.
        try await fixture.engine.cleanSpool()
        #expect(try fixture.files.spooledPaths().count == 1)

        let again = try await fixture.engine.requeueDeadLetter(job.id.rawValue)
        try await eventually { try await fixture.state(of: again).isFinal }
        #expect(try await fixture.state(of: again) == .succeeded)
        #expect(try await fixture.engine.deadLetters().isEmpty)
        // After the outcome is written.
        try await eventually { try fixture.files.spooledPaths().isEmpty }
        workers.cancel()
        try await workers.value
    }

    @Test func aDeadLetterCanBeForgotten() async throws {
        let fixture = try WorkerFixture()
        fixture.models.failNext(3)
        let workers = Task { try await fixture.engine.runWorkers() }
        let job = try await fixture.submitIngestion()
        try await eventually { try await fixture.engine.deadLetters().count == 1 }
        try await fixture.engine.removeDeadLetter(job.id.rawValue)
        #expect(try await fixture.engine.deadLetters().isEmpty)
        await #expect(throws: JobError.self) { try await fixture.engine.removeDeadLetter(job.id.rawValue) }
        await #expect(throws: JobError.self) { try await fixture.engine.requeueDeadLetter(job.id.rawValue) }
        workers.cancel()
        try await workers.value
    }

    @Test func aStoreThatIsAwayCostsAJobNoTry() async throws {
        let fixture = try WorkerFixture()
        fixture.jobs.setAway(true)
        let workers = Task { try await fixture.engine.runWorkers() }
        let job = try await fixture.submitIngestion()
        try await Task.sleep(for: .milliseconds(50))
        #expect(try await fixture.state(of: job) == .queued)
        fixture.jobs.setAway(false)
        try await eventually { try await fixture.state(of: job) == .succeeded }
        #expect(try await fixture.engine.deadLetters().isEmpty)
        workers.cancel()
        try await workers.value
    }
}
