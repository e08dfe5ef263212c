import SemblanceCore

/// Counts what became of files, writes it into the job now and then, and learns there whether to stop.
actor IngestReporter {
    /// Between two writes; a screen needs no more.
    private static let interval: Duration = .milliseconds(200)

    private let job: Job.ID
    private let engine: Engine
    private(set) var progress = JobProgress()
    private var failures: [FileFailure] = []
    private var lastReport: ContinuousClock.Instant?
    private var isReporting = false

    init(job: Job.ID, engine: Engine) {
        self.job = job
        self.engine = engine
    }

    /// Files found so far, by whoever found more.
    func found(total: Int) async throws {
        progress.total = max(progress.total, total)
        try await report(isLast: false)
    }

    /// - Throws: `JobError` with `job-cancelled` when somebody asked for it.
    func count(done: Int = 0, skipped: Int = 0, failures: [FileFailure] = []) async throws {
        progress.done += done
        progress.skipped += skipped
        progress.failed += failures.count
        progress.total = max(progress.total, progress.done + progress.skipped + progress.failed)
        self.failures += failures
        try await report(isLast: false)
    }

    /// Learns of a cancellation while nothing is counted, as while a host is slow. Ends by an error only.
    /// - Throws: as `count`; `CancellationError` when it is not needed any more.
    func watch() async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            // What is being written is not to be lost because the work has ended meanwhile.
            try await Task { try await self.report(isLast: false) }.value
        }
    }

    /// Writes what has not been written, for a job that ends early, whether it was cancelled or not.
    func flush() async {
        await Task { try? await self.report(isLast: true) }.value
    }

    /// Writes the final counts.
    func finish() async throws -> JobProgress {
        progress.total = progress.done + progress.skipped + progress.failed
        try await report(isLast: true)
        return progress
    }

    private func report(isLast: Bool) async throws {
        let now = ContinuousClock.now
        if !isLast {
            guard !isReporting, lastReport.map({ now - $0 >= Self.interval }) ?? true else { return }
        }
        isReporting = true
        defer { isReporting = false }
        lastReport = now
        let new = failures
        failures = []
        let isCancelled = try await engine.dependencies.jobs.report(job, progress: progress, failures: new)
        engine.announce(progress, isCancellationRequested: isCancelled, of: job)
        engine.faults.reach(.reported)
        if isCancelled { throw JobError(.cancelled, "The job was cancelled.") }
    }
}
