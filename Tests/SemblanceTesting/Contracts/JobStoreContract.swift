import Foundation
import SemblanceCore
import Testing

/// What every `JobStore` promises.
public struct JobStoreContract: Sendable {
    /// An empty store.
    let store: any JobStore
    /// The same store as the next process sees it, after this one was killed.
    let reopen: @Sendable () async throws -> any JobStore

    public init(store: any JobStore, reopen: @escaping @Sendable () async throws -> any JobStore) {
        self.store = store
        self.reopen = reopen
    }

    func insert(_ work: JobWork = Samples.ingestion()) async throws -> Job.ID {
        let job = Job(work: work)
        try await store.insert(job)
        return job.id
    }

    func started() async throws -> Job.ID {
        let id = try await insert()
        #expect(try await store.start(id)?.state == .running)
        return id
    }

    public static let checks: [ContractCheck<JobStoreContract>] = lifeChecks + orphanChecks + listChecks

    static let lifeChecks: [ContractCheck<JobStoreContract>] = [
        ContractCheck("gives back a job as it was inserted") {
            for work in [Samples.ingestion(), Samples.search("name \0 \u{1F600}.jpg")] {
                let job = Job(work: work)
                try await $0.store.insert(job)
                let found = try await $0.store.job(job.id)
                #expect(found.work == work)
                #expect(found.state == .queued)
                #expect(found.attempts == 0)
                #expect(found.progress == JobProgress())
                #expect(found.result == nil && found.reason == nil && found.startedAt == nil && found.endedAt == nil)
                #expect(abs(found.createdAt.timeIntervalSince(job.createdAt)) < 0.001)
            }
        },
        ContractCheck("says that a job is unknown") {
            let store = $0.store
            let known = try await $0.insert()
            for id in [Job.ID(rawValue: "nothing"), Job.ID(rawValue: ""), Job.ID(rawValue: known.rawValue + "\0")] {
                await expectJobError(.unknownJob) { try await store.job(id) }
                await expectJobError(.unknownJob) { try await store.start(id) }
                await expectJobError(.unknownJob) { try await store.report(id, progress: JobProgress(), failures: []) }
                await expectJobError(.unknownJob) { try await store.finish(id, .cancelled) }
                await expectJobError(.unknownJob) { try await store.requestCancellation(id) }
                await expectJobError(.unknownJob) { try await store.failures(of: id, limit: 1, offset: 0) }
            }
        },
        ContractCheck("a job succeeds with its result") {
            let id = try await $0.started()
            let result: JSONValue = ["results": [["name": "x \0 é", "score": 0.5]], "n": 3]
            try await $0.store.finish(id, .succeeded(result: result))
            let job = try await $0.store.job(id)
            #expect(job.state == .succeeded)
            #expect(job.result == result)
            #expect(job.startedAt != nil && job.endedAt != nil)
        },
        ContractCheck("a job fails with its reason and code") {
            let id = try await $0.started()
            try await $0.store.finish(id, .failed(code: "disk-full", reason: "The disk is full."))
            let job = try await $0.store.job(id)
            #expect(job.state == .failed)
            #expect(job.reason == "The disk is full." && job.reasonCode == "disk-full")
        },
        ContractCheck("a job that has ended stays as it is") {
            let (store, id) = ($0.store, try await $0.started())
            try await store.finish(id, .succeeded(result: 1))
            let before = try await store.job(id)
            try await store.finish(id, .failed(code: "c", reason: "r"))
            #expect(try await store.report(id, progress: JobProgress(total: 9), failures: []))
            #expect(try await store.start(id) == nil)
            await expectJobError(.alreadyEnded) { try await store.requestCancellation(id) }
            #expect(try await store.job(id) == before)
        },
        ContractCheck("refuses to end a job that was not started") {
            let (store, id) = ($0.store, try await $0.insert())
            await expectJobError(.invalidTransition) { try await store.finish(id, .succeeded(result: 1)) }
            #expect(try await store.job(id).state == .queued)
        },
        ContractCheck("keeps progress and failures in their order") {
            let (store, id) = ($0.store, try await $0.started())
            let failures = (0..<5).map {
                FileFailure(path: "/a/\($0) é.jpg", code: "image-damaged", message: "Cut off.")
            }
            #expect(
                try await store.report(id, progress: JobProgress(total: 9, done: 1), failures: Array(failures[..<2]))
                    == false)
            let progress = JobProgress(total: 9, done: 3, failed: 5, skipped: 1)
            #expect(try await store.report(id, progress: progress, failures: Array(failures[2...])) == false)
            #expect(try await store.job(id).progress == progress)
            #expect(try await store.failures(of: id, limit: 99, offset: 0) == failures)
            #expect(try await store.failures(of: id, limit: 2, offset: 3) == Array(failures[3...]))
            #expect(try await store.failures(of: try await $0.insert(), limit: 9, offset: 0).isEmpty)
        },
        ContractCheck("cancels a queued job at once") {
            let (store, id) = ($0.store, try await $0.insert())
            let job = try await store.requestCancellation(id)
            #expect(job.state == .cancelled)
            #expect(job.reason?.isEmpty == false && job.endedAt != nil)
            #expect(try await store.start(id) == nil)
            #expect(try await store.unfinished(lane: .ingest, limit: 9).isEmpty)
        },
        ContractCheck("asks a running job to stop, which its next report learns") {
            let (store, id) = ($0.store, try await $0.started())
            let job = try await store.requestCancellation(id)
            #expect(job.state == .running && job.isCancellationRequested)
            #expect(try await store.report(id, progress: JobProgress(), failures: []))
            try await store.finish(id, .cancelled)
            #expect(try await store.job(id).state == .cancelled)
        },
        ContractCheck("an interrupted job waits again, and starts over") {
            let (store, id) = ($0.store, try await $0.started())
            _ = try await store.report(
                id, progress: JobProgress(total: 2, done: 1, failed: 1),
                failures: [FileFailure(path: "/x", code: "c", message: "m")])
            try await store.finish(id, .interrupted)
            #expect(try await store.job(id).state == .queued)
            #expect(try await store.unfinished(lane: .ingest, limit: 9) == [id])
            let again = try await store.start(id)
            #expect(again?.attempts == 2)
            #expect(again?.progress == JobProgress())
            #expect(try await store.failures(of: id, limit: 9, offset: 0).isEmpty)
        },
        ContractCheck("an interrupted job that was to stop is cancelled") {
            let (store, id) = ($0.store, try await $0.started())
            _ = try await store.requestCancellation(id)
            try await store.finish(id, .interrupted)
            #expect(try await store.job(id).state == .cancelled)
        },
        ContractCheck("only one of many workers starts a job") {
            let (store, id) = ($0.store, try await $0.insert())
            let count = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 { group.addTask { try await store.start(id) != nil } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(count == 1)
            #expect(try await store.job(id).attempts == 1)
        },
    ]

    static let orphanChecks: [ContractCheck<JobStoreContract>] = [
        ContractCheck("what a killed process left is found again and can be started once more") {
            let running = try await $0.started()
            let queued = try await $0.insert()
            let ended = try await $0.started()
            try await $0.store.finish(ended, .succeeded(result: 1))
            #expect(try await $0.store.unfinished(lane: .ingest, limit: 9) == [queued])
            let store = try await $0.reopen()
            #expect(try await store.unfinished(lane: .ingest, limit: 9) == [running, queued])
            #expect(try await store.unfinished(lane: .ingest, limit: 1) == [running])
            #expect(try await store.start(running)?.attempts == 2)
            #expect(try await store.start(running) == nil)
            #expect(try await store.unfinished(lane: .ingest, limit: 9) == [queued])
            #expect(try await store.job(ended).state == .succeeded)
        },
        ContractCheck("an orphan that was to stop is cancelled instead of started") {
            let id = try await $0.started()
            _ = try await $0.store.requestCancellation(id)
            let store = try await $0.reopen()
            #expect(try await store.start(id) == nil)
            #expect(try await store.job(id).state == .cancelled)
        },
    ]

    static let listChecks: [ContractCheck<JobStoreContract>] = [
        ContractCheck("lists jobs newest first, by state and lane, in pages") {
            let store = $0.store
            let ingestions = [try await $0.insert(), try await $0.insert(), try await $0.started()]
            let searches = [try await $0.insert(Samples.search()), try await $0.insert(Samples.search())]
            let all = Array((ingestions + searches).reversed())
            #expect(try await store.jobs(in: nil, lane: nil, limit: 99, offset: 0).map(\.id) == all)
            #expect(try await store.jobs(in: nil, lane: nil, limit: 2, offset: 1).map(\.id) == Array(all[1..<3]))
            #expect(try await store.jobs(in: nil, lane: .search, limit: 9, offset: 0).map(\.id) == searches.reversed())
            #expect(try await store.jobs(in: [.running], lane: nil, limit: 9, offset: 0).map(\.id) == [ingestions[2]])
            #expect(try await store.jobs(in: [.running, .queued], lane: .ingest, limit: 9, offset: 0).count == 3)
            #expect(try await store.jobs(in: [], lane: nil, limit: 9, offset: 0).isEmpty)
            #expect(try await store.unfinished(lane: .search, limit: 9) == searches)
        },
        ContractCheck("lists searches without what they found") {
            let store = $0.store
            let jobs = [Job(work: Samples.ingestion()), Job(work: Samples.search("name.jpg"))]
            for job in jobs {
                try await store.insert(job)
                _ = try await store.start(job.id)
                try await store.finish(job.id, .succeeded(result: ["results": [1, 2]]))
            }
            let listed = try await store.jobs(in: nil, lane: nil, limit: 9, offset: 0)
            #expect(listed.map(\.id) == [jobs[1].id, jobs[0].id])
            #expect(listed.map(\.result) == [nil, ["results": [1, 2]]])
            #expect(try await store.job(jobs[1].id).result == ["results": [1, 2]])
        },
        ContractCheck("counts jobs by state, however many there are") {
            let store = $0.store
            #expect(try await store.counts() == [:])
            for _ in 0..<1200 { try await store.insert(Job(work: Samples.search())) }
            let running = try await $0.started()
            #expect(try await store.counts() == [.queued: 1200, .running: 1])
            try await store.finish(running, .cancelled)
            #expect(try await store.counts() == [.queued: 1200, .cancelled: 1])
        },
        ContractCheck("forgets jobs that ended long ago, and no others") {
            let store = $0.store
            let ended = try await $0.started()
            _ = try await store.report(
                ended, progress: JobProgress(failed: 1), failures: [FileFailure(path: "/x", code: "c", message: "m")])
            try await store.finish(ended, .succeeded(result: 1))
            let old = Job(work: Samples.search(), state: .succeeded, endedAt: Date() - 7200)
            try await store.insert(old)
            let waiting = try await $0.insert()
            let running = try await $0.started()
            #expect(try await store.deleteJobs(endedBefore: .seconds(3600)) == 1)
            await expectJobError(.unknownJob) { try await store.job(old.id) }
            for id in [ended, waiting, running] { _ = try await store.job(id) }
        },
    ]
}

/// Runs `body` and expects a job error with this code.
func expectJobError<Value>(
    _ code: JobError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async {
    do {
        _ = try await body()
        Issue.record("expected '\(code.rawValue)', not success", sourceLocation: sourceLocation)
    } catch let error as JobError {
        #expect(error.code == code, sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected '\(code.rawValue)', not \(error)", sourceLocation: sourceLocation)
    }
}
