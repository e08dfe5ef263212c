/// News of jobs between processes, so that whoever waits for a job that another process runs learns of it at once and
/// does not ask the database for it.
///
/// Nothing here is the truth: news may be lost, and then costs time. So nothing throws.
public protocol JobNotices: Sendable {
    /// A job began, changed or ended.
    func publish(_ job: Job) async
    /// How far a running job is.
    func publish(_ progress: JobProgress, isCancellationRequested: Bool, of id: Job.ID) async
    /// The job as it was told last, if that is known. One that has ended is known as it is; a running one may have got
    /// on for a moment since.
    func latest(_ id: Job.ID) async -> Job?
    /// Jobs of which there is news, by whichever process; without an end. An element `nil` says that news may have been
    /// missed.
    func news() -> AsyncStream<Job.ID?>
    func close() async
}
