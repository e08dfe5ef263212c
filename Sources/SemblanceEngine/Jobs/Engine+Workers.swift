import Foundation
import Logging
import SemblanceCore

extension Engine {
    /// A job that was started this often without coming to an end brings the process down: it is given up.
    static let maximumAttemptCount = 100

    /// Runs jobs until the task is cancelled. What is running then is put back, for the next process to go on with.
    public func runWorkers() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.work(in: .ingest) }
            group.addTask { await self.work(in: .reembed) }
            for _ in 0..<configuration.searchWorkerCount {
                group.addTask { await self.work(in: .search) }
            }
            group.addTask { await self.expireJobs() }
            await group.waitForAll()
        }
    }

    /// Runs one job to its end in this task, for a command that waits for it.
    public func run(_ id: Job.ID) async throws {
        guard let job = try await dependencies.jobs.start(id) else {
            // Cancelled while it waited: its uploads are of no use any more.
            let ended = try await dependencies.jobs.job(id)
            if ended.state.isFinal { await removeSpool(of: ended.work) }
            return
        }
        signals.notify(id)
        let outcome = await outcome(of: job)
        // Not cancelled with this task: the outcome must be written whatever happens.
        try await Task {
            try await self.finish(id, outcome)
            if outcome != .interrupted { await self.removeSpool(of: job.work) }
        }.value
        signals.notify(id)
    }

    /// Writes an outcome, trying again for some seconds: a full disk may get room, and a job that nobody ends would be
    /// waited for until the next start.
    private func finish(_ id: Job.ID, _ outcome: JobOutcome) async throws {
        for _ in 0..<5 {
            do {
                return try await dependencies.jobs.finish(id, outcome)
            } catch {
                logger.error("a job's outcome cannot be written", metadata: ["job": "\(id)", "error": "\(error)"])
                try await Task.sleep(for: .seconds(1))
            }
        }
        try await dependencies.jobs.finish(id, outcome)
    }

    /// Removes spool files that no unfinished job names: leftovers of uploads that were cut off. Call before uploads
    /// are taken: one that has no job yet would lose its files.
    public func cleanSpool() async throws {
        var needed: Set<String> = []
        var offset = 0
        while true {
            let page = try await dependencies.jobs.jobs(in: [.queued, .running], lane: nil, limit: 500, offset: offset)
            for job in page { needed.formUnion(Self.spoolPaths(of: job.work)) }
            if page.count < 500 { break }
            offset += page.count
        }
        let (files, keep) = (self.files, needed)
        try await fileThreads.run {
            for path in try files.spooledPaths() where !keep.contains(path) { try files.removeSpooled(path) }
        }
    }

    private func work(in lane: Job.Lane) async {
        while !Task.isCancelled {
            do {
                guard let id = try await dependencies.queue.next(in: lane) else { return }
                do { try await run(id) } catch { await pause(after: error, in: lane) }
                // Whatever happened: one that is still queued is found again by the queue.
                try await dependencies.queue.acknowledge(id, lane: lane)
            } catch {
                await pause(after: error, in: lane)
            }
        }
    }

    private func pause(after error: any Error, in lane: Job.Lane) async {
        guard !Task.isCancelled else { return }
        logger.error("a worker failed", metadata: ["lane": "\(lane)", "error": "\(error)"])
        try? await Task.sleep(for: .seconds(1))
    }

    private func outcome(of job: Job) async -> JobOutcome {
        guard job.attempts <= Self.maximumAttemptCount else {
            return .failed(code: "job-given-up", reason: "The job was started \(job.attempts) times and never ended.")
        }
        do {
            switch job.work {
            case .ingest(let work): return .succeeded(result: try await ingest(work, as: job.id))
            case .search(let work): return .succeeded(result: try await search(work))
            case .reembed(let work): return .succeeded(result: try await reembed(work, as: job.id))
            }
        } catch let error as JobError where error.code == .cancelled {
            return .cancelled
        } catch {
            if Task.isCancelled { return .interrupted }
            let failure = FileFailure(path: "", error: error)
            if failure.code == "internal" {
                logger.error("a job failed", metadata: ["job": "\(job.id)", "error": "\(error)"])
            }
            return .failed(code: failure.code, reason: failure.message)
        }
    }

    private func search(_ work: SearchWork) async throws -> JSONValue {
        let request = SearchRequest(
            catalogue: work.catalogue, modelID: work.modelID, terms: [SearchTerm(.file(path: work.upload.path))],
            limit: work.limit)
        do {
            return try await search(request).json
        } catch let error as StoreError where error.code == .unknownCatalogue && work.isOfDefaultCatalogue {
            // The image is looked at all the same: a bad one fails whether there is something to find or not.
            _ = try await embedding.embed(
                fileAt: work.upload.path, region: nil, with: try await dependencies.models.embedder(for: work.modelID))
            return SearchResponse(
                modelID: work.modelID, catalogue: work.catalogue, took: .zero, preparing: .zero, matches: []
            ).json
        }
    }

    private func expireJobs() async {
        while !Task.isCancelled {
            _ = try? await dependencies.jobs.deleteJobs(endedBefore: configuration.jobRetention)
            try? await Task.sleep(for: .seconds(3600))
        }
    }

    private func removeSpool(of work: JobWork) async {
        let files = self.files
        try? await fileThreads.run {
            for path in Self.spoolPaths(of: work) { try? files.removeSpooled(path) }
        }
    }

    /// The spool files that a job still needs, its list among them.
    private static func spoolPaths(of work: JobWork) -> [String] {
        switch work {
        case .reembed: return []
        case .search(let search): return [search.upload.path]
        case .ingest(let ingest):
            guard case .spool(let listPath) = ingest.source else { return [] }
            let uploads = (try? SpoolList(path: listPath))?.uploads().map(\.path) ?? []
            return [listPath] + uploads
        }
    }
}

extension SearchResponse {
    /// The shape of `search --json` and of a search job's result.
    public var json: JSONValue {
        let results = matches.map { match -> JSONValue in
            var members: [String: JSONValue] = [
                "id": .string(match.image.hash.hexadecimal), "name": .string(match.image.name),
                "score": .number(Double(match.score)), "distance": .number(Double(match.distance)),
                "metadata": match.image.metadata,
            ]
            if case .inPlace(let path) = match.image.location { members["path"] = .string(path) }
            return .object(members)
        }
        let milliseconds = took / .milliseconds(1)
        return .object([
            "model": .string(modelID), "catalogue": .string(catalogue),
            "took_ms": .number((milliseconds * 1000).rounded() / 1000), "results": .array(results),
        ])
    }
}
