import SemblanceCore

/// A job as the API shows it.
struct JobDocument: JSONWritable {
    let job: Job

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", job.id.rawValue)
            $0.member("kind", job.work.kind)
            $0.member("catalogue", job.work.catalogue)
            $0.member("model", job.work.modelID)
            $0.member("state", job.state.rawValue)
            $0.member("total", job.progress.total)
            $0.member("done", job.progress.done)
            $0.member("failed", job.progress.failed)
            $0.member("skipped", job.progress.skipped)
            $0.member("reason", job.reason)
            $0.member("code", job.reasonCode)
            $0.member("result", job.result?.withoutPaths)
            $0.member("created_at", job.createdAt)
            $0.member("started_at", job.startedAt)
            $0.member("ended_at", job.endedAt)
        }
    }
}

extension JSONValue {
    /// A job's result without the places of files on this machine, which are no client's business.
    var withoutPaths: JSONValue {
        guard case .object(var members) = self, case .array(let results)? = members["results"] else { return self }
        members["results"] = .array(
            results.map { result in
                guard case .object(var result) = result else { return result }
                result["path"] = nil
                return .object(result)
            })
        return .object(members)
    }
}

/// A file that a job could not take in.
struct FailureDocument: JSONWritable {
    let failure: FileFailure

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("path", failure.path)
            $0.member("code", failure.code)
            $0.member("message", failure.message)
        }
    }
}
