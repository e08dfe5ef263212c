import SemblanceCore

extension Engine {
    /// Tells whoever waits, in this process and others, that a job began or changed. Nobody waits until it is told: news
    /// whose server does not answer must not hold up the work.
    func announce(_ job: Job) {
        signals.notify(job.id)
        guard let notices = dependencies.notices else { return }
        Task { await notices.publish(job) }
    }

    /// The same for progress.
    func announce(_ progress: JobProgress, isCancellationRequested: Bool, of id: Job.ID) {
        signals.notify(id)
        guard let notices = dependencies.notices else { return }
        Task { await notices.publish(progress, isCancellationRequested: isCancellationRequested, of: id) }
    }

    /// The same for the end: told as the store has it, so that nobody needs to ask there. The last word of this process
    /// about the job, so it is waited for.
    func announceEnd(of id: Job.ID) async {
        if let notices = dependencies.notices, let job = try? await dependencies.jobs.job(id) {
            await notices.publish(job)
        }
        signals.notify(id)
    }

    /// Wakes those who wait here when another process tells news.
    static func listen(to notices: any JobNotices, waking signals: JobSignals) -> Task<Void, Never> {
        Task {
            for await id in notices.news() {
                if let id { signals.notify(id) } else { signals.notifyAll() }
            }
        }
    }
}
