import SemblanceCore

extension SearchWork {
    /// The catalogue `default` is there from the first upload on. Before that it counts as empty, not as unknown:
    /// nobody named it, so nobody can have named it wrongly.
    var isOfDefaultCatalogue: Bool { catalogue == Catalogue.defaultName }
}

extension Engine {
    /// Stores a job durably and hands it to the workers.
    /// - Throws: `ModelError` for an unknown model, `RequestError` for a name or metadata that break the rules,
    ///   `JobError` with `job-queue-full`.
    public func submit(_ work: JobWork) async throws -> Job {
        let work = work.withModel(try knownModel(work.modelID))
        switch work {
        case .ingest(let ingest):
            try Catalogue.validateName(ingest.catalogue)
            try Metadata.validate(ingest.metadata)
        case .search(let search):
            if !search.isOfDefaultCatalogue { _ = try await store.catalogue(named: search.catalogue) }
        case .reembed(let reembed): _ = try await store.catalogue(named: reembed.catalogue)
        }
        let job = Job(work: work)
        try await dependencies.jobs.insert(job)
        do {
            try await dependencies.queue.enqueue(job.id, lane: work.lane)
        } catch {
            do { _ = try await dependencies.jobs.requestCancellation(job.id) } catch {
                // It stays in the store as one that waits, and workers look for those: it is taken after all.
                logger.warning(
                    "a job could not be announced, nor called off", metadata: ["job": "\(job.id)", "error": "\(error)"])
                return job
            }
            throw error
        }
        return job
    }

    /// - Throws: `JobError` with `job-unknown`.
    public func job(_ id: String) async throws -> Job {
        // What is told there is at most a moment old, and final once it says so.
        if let latest = await dependencies.notices?.latest(Job.ID(rawValue: id)) { return latest }
        return try await dependencies.jobs.job(Job.ID(rawValue: id))
    }

    /// Newest first.
    public func jobs(
        in states: Set<Job.State>? = nil, lane: Job.Lane? = nil, limit: Int = 100, offset: Int = 0
    ) async throws -> [Job] {
        guard (1...Self.maximumPageSize).contains(limit), offset >= 0 else {
            throw RequestError(
                .invalidLimit, "A page holds 1 to \(Self.maximumPageSize) jobs, and its offset is not negative.")
        }
        return try await dependencies.jobs.jobs(in: states, lane: lane, limit: limit, offset: offset)
    }

    /// How many jobs are in a state.
    public func jobCount(in state: Job.State) async throws -> Int {
        try await dependencies.jobs.counts()[state] ?? 0
    }

    /// What a job could not take in, in the order it happened.
    public func failures(of id: String, limit: Int = 100, offset: Int = 0) async throws -> [FileFailure] {
        guard limit > 0, offset >= 0 else {
            throw RequestError(.invalidLimit, "A page holds 1 or more failures, and its offset is not negative.")
        }
        _ = try await job(id)
        return try await dependencies.jobs.failures(of: Job.ID(rawValue: id), limit: limit, offset: offset)
    }

    /// Cancels a queued job at once, and asks a running one to stop after its present batch.
    /// - Throws: `JobError`: `job-unknown`, `job-already-ended`.
    public func cancelJob(_ id: String) async throws -> Job {
        let job = try await dependencies.jobs.requestCancellation(Job.ID(rawValue: id))
        announce(job)
        return job
    }

    /// Waits until a job meets a condition, or for as long as `timeout`. Returns the job as it is then.
    public func waitForJob(
        _ id: String, timeout: Duration, until isDone: @Sendable (Job) -> Bool = { $0.state.isFinal }
    ) async throws -> Job {
        let deadline = ContinuousClock.now + timeout
        var latest = try await job(id)
        for await _ in signals.ticks(for: latest.id, deadline: deadline) {
            latest = try await job(id)
            if isDone(latest) || ContinuousClock.now >= deadline { break }
        }
        return latest
    }

    /// A job each time it changes, ending with its final state.
    public func updates(of id: String) -> AsyncThrowingStream<Job, any Error> {
        // A slow reader misses states in between, never the last.
        AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let watcher = Task {
                do {
                    var latest: Job?
                    for await _ in self.signals.ticks(for: Job.ID(rawValue: id), deadline: nil) {
                        let job = try await self.job(id)
                        if job != latest { continuation.yield(job) }
                        latest = job
                        if job.state.isFinal { break }
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in watcher.cancel() }
        }
    }

    /// A new private path for an upload.
    public func makeSpoolPath() throws -> String {
        try files.makeSpoolPath()
    }
}
