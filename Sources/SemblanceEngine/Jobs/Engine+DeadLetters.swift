import SemblanceCore

extension Engine {
    static let maximumDeadLetterCount = 1000

    /// Jobs that were given up, newest first.
    public func deadLetters(limit: Int = 100) async throws -> [DeadLetter] {
        guard (1...Self.maximumDeadLetterCount).contains(limit) else {
            throw RequestError(.invalidLimit, "A page holds 1 to \(Self.maximumDeadLetterCount) jobs.")
        }
        return try await dependencies.queue.deadLetters(limit: limit)
    }

    /// Tries the work of a job that was given up again, as a new job; the old one stays as it ended.
    /// - Throws: `JobError` with `job-unknown` if it was not given up, or is forgotten.
    public func requeueDeadLetter(_ id: String) async throws -> Job {
        let id = Job.ID(rawValue: id)
        guard
            try await dependencies.queue.deadLetters(limit: Self.maximumDeadLetterCount).contains(where: {
                $0.job == id
            })
        else {
            throw JobError(.unknownJob, "There is no job '\(id.rawValue.prefix(40))' that was given up.")
        }
        let job = try await submit(try await dependencies.jobs.job(id).work)
        _ = try await dependencies.queue.removeDeadLetter(of: id)
        return job
    }

    /// Forgets a job that was given up, and its uploads.
    /// - Throws: `JobError` with `job-unknown`.
    public func removeDeadLetter(_ id: String) async throws {
        let id = Job.ID(rawValue: id)
        guard try await dependencies.queue.removeDeadLetter(of: id) else {
            throw JobError(.unknownJob, "There is no job '\(id.rawValue.prefix(40))' that was given up.")
        }
        if let job = try? await dependencies.jobs.job(id) { await removeSpool(of: job.work) }
    }
}
