import SemblanceCore

/// A task's status as the first version of this service named it.
enum TaskStatus: String, CaseIterable, Sendable {
    case pending = "PENDING"
    case started = "STARTED"
    case success = "SUCCESS"
    case failure = "FAILURE"
    /// The poll ended before the task got where it was waited for.
    case timeout = "TIMEOUT"

    init(_ state: Job.State) {
        switch state {
        case .queued: self = .pending
        case .running: self = .started
        case .succeeded: self = .success
        case .failed, .cancelled: self = .failure
        }
    }

    /// Whether a task in this state is as far as `target`, or will never get there.
    func satisfies(_ target: TaskStatus) -> Bool {
        switch target {
        case .pending, .timeout: true
        case .started: self != .pending
        case .success, .failure: self == .success || self == .failure
        }
    }
}

/// The answer to a poll.
struct TaskDocument: JSONWritable {
    let job: Job
    /// Whether the poll's time was up.
    let isTimedOut: Bool

    func write(to writer: inout JSONWriter) {
        let status = isTimedOut ? .timeout : TaskStatus(job.state)
        writer.object {
            $0.member("status", status.rawValue)
            $0.key("result")
            switch status {
            case .success: writeResult(to: &$0)
            case .failure: (job.reason ?? "The task was cancelled.").write(to: &$0)
            case .pending, .started, .timeout: $0.raw("null")
            }
        }
    }

    /// Always a list: of a search's images, or with an upload's counts as its only element.
    private func writeResult(to writer: inout JSONWriter) {
        guard case .array(let results)? = job.result?["results"] else {
            return writer.array([job.result ?? .object([:])]) { $0.write(to: &$1) }
        }
        let links = ImageLinks(catalogue: job.work.catalogue)
        writer.array(results) { Self.write($0, links, to: &$1) }
    }

    private static func write(_ result: JSONValue, _ links: ImageLinks, to writer: inout JSONWriter) {
        guard case .string(let id)? = result["id"], case .string(let name)? = result["name"] else {
            return result.write(to: &writer)
        }
        writer.object {
            $0.member("image_uri", links.original(id, name: name))
            for member in ["distance", "score", "id", "name", "metadata"] { $0.member(member, result[member]) }
        }
    }
}
