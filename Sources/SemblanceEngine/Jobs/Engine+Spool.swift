import SemblanceCore

extension Engine {
    private static let maximumJobCount = 1_000_000

    /// Removes files that a killed process left half written, and spool files that no unfinished job names, nor one that
    /// was given up: leftovers of uploads that were cut off. An upload that is being received has no job yet: call before
    /// uploads are taken, and where other servers share the folder, say how old a file must be.
    /// - Parameter age: files that were written to since then stay.
    public func cleanSpool(olderThan age: Duration = .zero) async throws {
        var needed: Set<String> = []
        let jobs = dependencies.jobs
        // All at once: a job that ends between two pages would push another one off both.
        for job in try await jobs.jobs(in: [.queued, .running], lane: nil, limit: Self.maximumJobCount, offset: 0) {
            needed.formUnion(Self.spoolPaths(of: job.work))
        }
        // After them: one that is given up meanwhile is among these.
        for letter in try await dependencies.queue.deadLetters(limit: Self.maximumDeadLetterCount) {
            do { needed.formUnion(Self.spoolPaths(of: try await jobs.job(letter.job).work)) } catch let error
                as JobError
                where error.code == .unknownJob
            {}
        }
        let (files, keep) = (self.files, needed)
        try await fileThreads.run {
            try files.removePartials(olderThan: age)
            for path in try files.spooledPaths(olderThan: age) where !keep.contains(path) {
                try files.removeSpooled(path)
            }
        }
    }

    func removeSpool(of work: JobWork) async {
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
