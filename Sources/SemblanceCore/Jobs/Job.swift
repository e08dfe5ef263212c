import Foundation

/// A durable piece of work.
public struct Job: Hashable, Sendable, Codable {
    /// A random 128-bit identifier, 32 hexadecimal digits: it cannot be guessed.
    public struct ID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static func random() -> ID {
            var generator = SystemRandomNumberGenerator()
            let text = (0..<2).map { _ in
                let digits = String(generator.next(), radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
            return ID(rawValue: text.joined())
        }
        public var description: String { rawValue }
    }

    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        case queued, running, succeeded, failed, cancelled
        public var isFinal: Bool { self == .succeeded || self == .failed || self == .cancelled }
    }

    /// Each lane has its own workers: searching never waits behind ingestion, nor ingestion behind a change of model.
    public enum Lane: String, Hashable, Sendable, Codable, CaseIterable {
        case search, ingest, reembed
    }

    public let id: ID
    public let work: JobWork
    public var state: State
    public var progress: JobProgress
    /// Present when succeeded: what the work returned.
    public var result: JSONValue?
    /// Present when failed or cancelled: a sentence for people.
    public var reason: String?
    /// Present when failed: the error's public code.
    public var reasonCode: String?
    /// A running job that should stop; workers look at it between batches.
    public var isCancellationRequested: Bool
    /// How often a worker started it.
    public var attempts: Int
    public let createdAt: Date
    public var startedAt: Date?
    public var endedAt: Date?

    public init(
        id: ID = .random(), work: JobWork, state: State = .queued, progress: JobProgress = JobProgress(),
        result: JSONValue? = nil, reason: String? = nil, reasonCode: String? = nil,
        isCancellationRequested: Bool = false, attempts: Int = 0, createdAt: Date = Date(), startedAt: Date? = nil,
        endedAt: Date? = nil
    ) {
        self.id = id
        self.work = work
        self.state = state
        self.progress = progress
        self.result = result
        self.reason = reason
        self.reasonCode = reasonCode
        self.isCancellationRequested = isCancellationRequested
        self.attempts = attempts
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// Counts of files. `done + failed + skipped` approaches `total`.
public struct JobProgress: Hashable, Sendable, Codable {
    /// Files found so far; grows while folders are listed.
    public var total: Int
    /// Files that are now in the catalogue through this job.
    public var done: Int
    public var failed: Int
    /// Files that were there already.
    public var skipped: Int

    public init(total: Int = 0, done: Int = 0, failed: Int = 0, skipped: Int = 0) {
        self.total = total
        self.done = done
        self.failed = failed
        self.skipped = skipped
    }
}

/// One file that could not be taken in.
public struct FileFailure: Hashable, Sendable, Codable {
    /// The path, URL or upload name as the user gave it.
    public let path: String
    public let code: String
    public let message: String

    public init(path: String, code: String, message: String) {
        self.path = path
        self.code = code
        self.message = message
    }

    public init(path: String, error: any Error) {
        self.path = path
        if let error = error as? any PublicError {
            self.code = error.publicCode
            self.message = error.message
        } else {
            self.code = "internal"
            self.message = "An unexpected error; the log has more."
        }
    }
}
