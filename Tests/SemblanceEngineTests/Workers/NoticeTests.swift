import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Synchronization
import Testing

/// News between engines that share a store, as two processes do.
@Suite(.timeLimit(.minutes(5))) struct NoticeTests {
    @Test func aWaiterInAnotherProcessIsToldAndAsksNoDatabase() async throws {
        let notices = SharedNotices()
        let fixture = try WorkerFixture()
        let worker = try fixture.engine(with: notices)
        let waiter = try fixture.engine(with: notices)
        let job = try await fixture.submitIngestion()
        fixture.reader.hold()
        let running = Task { try await worker.run(job.id) }
        try await eventually { fixture.reader.heldCount > 0 }
        let before = fixture.jobs.readCount
        async let waited = waiter.waitForJob(job.id.rawValue, timeout: .seconds(200))
        // Several looks of half a second.
        try await Task.sleep(for: .milliseconds(1200))
        #expect(fixture.jobs.readCount == before)
        fixture.reader.letGo()
        try await running.value
        #expect(try await waited.state == .succeeded)
        // The worker read it once, to tell it.
        #expect(fixture.jobs.readCount == before + 1)
    }

    @Test func withoutNewsTheWaiterLooksAgain() async throws {
        let fixture = try WorkerFixture()
        let waiter = try fixture.engine(with: nil)
        let job = try await fixture.submitIngestion()
        async let waited = waiter.waitForJob(job.id.rawValue, timeout: .seconds(200))
        try await fixture.engine.run(job.id)
        #expect(try await waited.state == .succeeded)
    }
}

extension WorkerFixture {
    /// Another process over the same stores.
    fileprivate func engine(with notices: SharedNotices?) throws -> Engine {
        let store = InMemoryCatalogueStore()
        return Engine(
            EngineDependencies(
                catalogues: store, jobs: jobs, queue: queue, files: files,
                indexes: InMemoryVectorIndexes(store: store), models: models, reader: reader, fetcher: nil,
                notices: notices, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            configuration: engine.configuration)
    }
}

/// News within this process, kept without an end.
private final class SharedNotices: JobNotices {
    private struct State {
        var jobs: [Job.ID: Job] = [:]
        var listeners: [AsyncStream<Job.ID?>.Continuation] = []
    }

    private let state = Mutex(State())

    func publish(_ job: Job) async { tell(job.id) { $0[job.id] = job } }

    func publish(_ progress: JobProgress, isCancellationRequested: Bool, of id: Job.ID) async {
        tell(id) { $0[id]?.progress = progress }
    }

    private func tell(_ id: Job.ID, _ change: (inout [Job.ID: Job]) -> Void) {
        let listeners = state.withLock { state in
            change(&state.jobs)
            return state.listeners
        }
        for listener in listeners { listener.yield(id) }
    }

    func latest(_ id: Job.ID) async -> Job? { state.withLock { $0.jobs[id] } }

    func news() -> AsyncStream<Job.ID?> {
        let (stream, continuation) = AsyncStream.makeStream(of: Job.ID?.self)
        state.withLock { $0.listeners.append(continuation) }
        return stream
    }

    func close() async {}
}
