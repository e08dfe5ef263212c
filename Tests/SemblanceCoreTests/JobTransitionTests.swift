import Foundation
import SemblanceCore
import Testing

@Suite struct JobTransitionTests {
    private let now = Date(timeIntervalSince1970: 1_000)

    private func job(_ state: Job.State, isToStop: Bool = false) -> Job {
        Job(
            work: .search(
                SearchWork(catalogue: "c", modelID: "m", upload: SpooledUpload(path: "/u", name: "n"), limit: 1)),
            state: state, progress: JobProgress(total: 5, done: 2), isCancellationRequested: isToStop)
    }

    @Test(arguments: Job.State.allCases, [false, true])
    func startsWhatWaitsAndWhatIsOrphaned(state: Job.State, isOrphaned: Bool) {
        var job = job(state)
        let before = job
        let isStarted = job.start(isOrphaned: isOrphaned, at: now)
        #expect(isStarted == (state == .queued || state == .running && isOrphaned))
        guard isStarted else {
            #expect(job == before)
            return
        }
        #expect(job.state == .running && job.attempts == 1 && job.startedAt == now)
        #expect(job.progress == JobProgress())
    }

    @Test func anOrphanThatWasToStopIsCancelled() {
        var job = job(.running, isToStop: true)
        let isStarted = job.start(isOrphaned: true, at: now)
        #expect(!isStarted)
        #expect(job.state == .cancelled && job.endedAt == now && job.reason != nil)
    }

    @Test(arguments: [
        (JobOutcome.succeeded(result: 1), Job.State.succeeded), (.failed(code: "c", reason: "r"), .failed),
        (.cancelled, .cancelled),
        (.interrupted, .queued),
    ])
    func aRunningJobEndsAsItsWorkDid(outcome: JobOutcome, state: Job.State) throws {
        var job = job(.running)
        try job.finish(outcome, at: now)
        #expect(job.state == state)
        #expect((job.endedAt == now) == state.isFinal)
        #expect((job.result != nil) == (state == .succeeded))
        #expect((job.reason != nil) == (state == .failed || state == .cancelled))
        #expect((job.reasonCode != nil) == (state == .failed))
    }

    @Test(arguments: [Job.State.succeeded, .failed, .cancelled])
    func whatHasEndedStays(state: Job.State) throws {
        var job = job(state)
        let before = job
        try job.finish(.succeeded(result: 1), at: now)
        #expect(job == before)
        #expect { try job.requestCancellation(at: now) } throws: { ($0 as? JobError)?.code == .alreadyEnded }
    }

    @Test func whatWaitsCannotEnd() {
        var job = job(.queued)
        #expect { try job.finish(.cancelled, at: now) } throws: { ($0 as? JobError)?.code == .invalidTransition }
    }

    @Test func cancellingEndsWhatWaitsAndAsksWhatRuns() throws {
        var waiting = job(.queued)
        try waiting.requestCancellation(at: now)
        #expect(waiting.state == .cancelled && waiting.endedAt == now)
        var running = job(.running)
        try running.requestCancellation(at: now)
        #expect(running.state == .running && running.isCancellationRequested)
        try running.finish(.interrupted, at: now)
        #expect(running.state == .cancelled)
    }
}
