import Foundation
import SemblanceCore
import SemblanceEngine

/// Runs an ingestion job here, or follows it in the process that has the data folder; draws its progress.
struct IndexRunner {
    let app: App
    let job: Job
    /// Whether this task runs it; else workers do, in this process or another.
    let runsHere: Bool
    let progress: ProgressLine
    /// The same program with the data folder's lock; `nil` while another process has it.
    let becomeWriter: @Sendable () async throws -> App?

    func run() async throws -> Job {
        defer { progress.clear() }
        do {
            return try await runsHere ? run(in: app) : follow()
        } catch {
            guard Task.isCancelled else { throw error }
            // Ctrl-C means stop: without this the next `serve` would go on with it.
            let (engine, id) = (app.engine, job.id.rawValue)
            _ = try? await Task { try await engine.cancelJob(id) }.value
            throw error
        }
    }

    private func run(in app: App) async throws -> Job {
        let (engine, id) = (app.engine, job.id)
        let drawing = Task { [progress] in
            for try await job in engine.updates(of: id.rawValue) { progress.draw(job.progress) }
        }
        do {
            try await engine.run(id)
        } catch {
            drawing.cancel()
            throw error
        }
        drawing.cancel()
        // It must not draw over what is printed next.
        _ = await drawing.result
        try Task.checkCancellation()
        return try await engine.job(id.rawValue)
    }

    /// Waits for the other process. When that is gone (an `index` that ended, a `serve` that was killed), the job
    /// would wait for ever: it is run here. With workers it waits for one.
    private func follow() async throws -> Job {
        var isFirst = true
        while true {
            let latest = try await app.engine.waitForJob(job.id.rawValue, timeout: .seconds(1))
            try Task.checkCancellation()
            progress.draw(latest.progress)
            if latest.state.isFinal { return latest }
            if latest.state == .queued, isFirst { await noteIfNobodyWorks(on: latest) }
            isFirst = false
            if app.runsJobsHere { continue }
            if app.backends.jobsRun == .anywhere {
                // Nobody took it for a second: whoever comes first runs it.
                guard latest.state == .queued else { continue }
                let ended = try await run(in: app)
                if ended.state.isFinal { return ended }
                continue
            }
            if let writer = try await becomeWriter() { return try await run(in: writer) }
        }
    }

    private func noteIfNobodyWorks(on job: Job) async {
        guard app.backends.jobsRun == .byWorkers,
            let numbers = try? await app.backends.queue.statistics(of: job.work.lane), numbers.workers == 0
        else { return }
        Console.note(
            "semblance: no worker takes such jobs now; it waits until one does. Start one with 'semblance worker'.")
    }
}
