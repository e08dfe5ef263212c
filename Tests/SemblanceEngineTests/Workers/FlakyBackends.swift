import SemblanceCore
import SemblanceTesting
import Synchronization

/// `SmallModels`, which can be told to be away for a while.
final class FlakyModels: ModelProvider {
    private let provider = SmallModels()
    private let failures = Mutex((count: 0, code: StoreError.Code.busy))

    /// The next so many requests fail, by default with what a busy database says.
    func failNext(_ count: Int, _ code: StoreError.Code = .busy) { failures.withLock { $0 = (count, code) } }

    var defaultModelID: String { provider.defaultModelID }
    func models() -> [ModelDescription] { provider.models() }
    func textEmbedder(for modelID: String) async throws -> any TextEmbedder {
        try await provider.textEmbedder(for: modelID)
    }

    func embedder(for modelID: String) async throws -> any Embedder {
        let failure = failures.withLock { failures in
            failures.count -= 1
            return failures.count >= 0 ? failures.code : nil
        }
        if let failure { throw StoreError(failure, "The database is busy.") }
        return try await provider.embedder(for: modelID)
    }
}

/// A job store whose leases can be lost and which can be away.
final class FlakyJobStore: JobStore {
    private struct State {
        var isAway = false
        var isFull = false
        /// Files.
        var failsAtCount: Int?
        var lost: Set<Job.ID> = []
        var renewals = 0
        var reads = 0
    }

    private let jobs: InMemoryJobStore
    private let state = Mutex(State())

    init(_ jobs: InMemoryJobStore) { self.jobs = jobs }

    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
    /// No outcome can be written.
    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }
    /// The next report that says that so many files are dealt with cannot be written.
    func failAt(_ count: Int) { state.withLock { $0.failsAtCount = count } }
    /// Another process has taken it over.
    func lose(_ id: Job.ID) { state.withLock { _ = $0.lost.insert(id) } }
    var renewalCount: Int { state.withLock { $0.renewals } }
    /// How often a job was asked for.
    var readCount: Int { state.withLock { $0.reads } }

    private func check() throws {
        if state.withLock({ $0.isAway }) { throw StoreError(.busy, "The database is busy.") }
    }

    private func checkLease(_ id: Job.ID) throws {
        try check()
        if state.withLock({ $0.lost.contains(id) }) { throw JobError(.leaseLost, "Another process has the job.") }
    }

    func renewLeases(of ids: Set<Job.ID>) async throws -> Set<Job.ID> {
        try check()
        return state.withLock { state in
            state.renewals += 1
            return ids.intersection(state.lost)
        }
    }

    func insert(_ job: Job) async throws { try await jobs.insert(job) }
    func job(_ id: Job.ID) async throws -> Job {
        try check()
        state.withLock { $0.reads += 1 }
        return try await jobs.job(id)
    }
    func jobs(in states: Set<Job.State>?, lane: Job.Lane?, limit: Int, offset: Int) async throws -> [Job] {
        try await jobs.jobs(in: states, lane: lane, limit: limit, offset: offset)
    }
    func counts() async throws -> [Job.State: Int] { try await jobs.counts() }
    func unfinished(lane: Job.Lane, limit: Int) async throws -> [Job.ID] {
        try check()
        return try await jobs.unfinished(lane: lane, limit: limit)
    }
    func start(_ id: Job.ID) async throws -> Job? {
        try check()
        return try await jobs.start(id)
    }
    func report(_ id: Job.ID, progress: JobProgress, failures: [FileFailure]) async throws -> Bool {
        try checkLease(id)
        let fails = state.withLock { state in
            guard state.failsAtCount == progress.done + progress.skipped + progress.failed else { return false }
            state.failsAtCount = nil
            return true
        }
        if fails { throw StoreError(.busy, "The database is busy.") }
        return try await jobs.report(id, progress: progress, failures: failures)
    }
    func finish(_ id: Job.ID, _ outcome: JobOutcome) async throws {
        try checkLease(id)
        if state.withLock({ $0.isFull }) { throw StoreError(.diskFull, "The disk is full.") }
        try await jobs.finish(id, outcome)
    }
    func requestCancellation(_ id: Job.ID) async throws -> Job {
        try check()
        return try await jobs.requestCancellation(id)
    }
    func failures(of id: Job.ID, limit: Int, offset: Int) async throws -> [FileFailure] {
        try await jobs.failures(of: id, limit: limit, offset: offset)
    }
    func deleteJobs(endedBefore age: Duration) async throws -> Int { try await jobs.deleteJobs(endedBefore: age) }
}
