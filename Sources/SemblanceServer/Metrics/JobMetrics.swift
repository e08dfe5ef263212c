import SemblanceCore
import SemblanceEngine

/// What is measured about jobs, in the Prometheus text format: of the queue over all processes, of the runs this
/// process's own. Part of the server's `/metrics`, and of a worker's.
package struct JobMetrics: Sendable {
    private struct Gauge {
        let name: String
        let type: String
        let help: String
        let value: @Sendable (JobQueueStatistics) -> Int
    }

    /// The first is known of every queue.
    private static let gauges = [
        Gauge(name: "semblance_queue_depth", type: "gauge", help: "Jobs that wait, delayed ones among them.") {
            $0.depth
        },
        Gauge(name: "semblance_queue_in_hand", type: "gauge", help: "Jobs that workers have taken.") { $0.inHand },
        Gauge(name: "semblance_queue_delayed", type: "gauge", help: "Jobs that wait for their next try.") {
            $0.delayed
        },
        Gauge(name: "semblance_workers", type: "gauge", help: "Processes that take jobs.") { $0.workers },
        Gauge(
            name: "semblance_job_retries_total", type: "counter",
            help: "Tries that failed because something that jobs need was not there."
        ) { $0.retries },
        Gauge(
            name: "semblance_job_takeovers_total", type: "counter", help: "Jobs taken over from workers that are gone."
        ) { $0.takeovers },
        Gauge(name: "semblance_dead_letters_total", type: "counter", help: "Jobs that were given up.") {
            $0.deadLetters
        },
    ]

    let engine: Engine

    package init(engine: Engine) {
        self.engine = engine
    }

    /// A queue that cannot be asked leaves its numbers out, and says so by `semblance_queue_up`.
    package func lines() async -> [String] {
        var statistics: [(lane: Job.Lane, values: JobQueueStatistics)] = []
        for lane in Job.Lane.allCases {
            guard let values = try? await engine.queueStatistics(of: lane) else { break }
            statistics.append((lane, values))
        }
        let isUp = statistics.count == Job.Lane.allCases.count
        var lines = ServerMetrics.header("semblance_queue_up", "gauge", "Whether the job queue can be asked.")
        lines.append("semblance_queue_up \(isUp ? 1 : 0)")
        if isUp {
            let isShared = statistics.allSatisfy(\.values.isShared)
            for gauge in isShared ? Self.gauges : Array(Self.gauges.prefix(1)) {
                lines += ServerMetrics.header(gauge.name, gauge.type, gauge.help)
                lines += statistics.map { "\(gauge.name){lane=\"\($0.lane.rawValue)\"} \(gauge.value($0.values))" }
            }
        }
        return lines + ownLines()
    }

    /// This process's runs.
    private func ownLines() -> [String] {
        var lines = ServerMetrics.header("semblance_jobs_running", "gauge", "Jobs that this process runs.")
        let running = engine.runningCounts
        lines += Job.Lane.allCases.map { "semblance_jobs_running{lane=\"\($0.rawValue)\"} \(running[$0] ?? 0)" }
        let name = "semblance_job_duration_seconds"
        lines += ServerMetrics.header(name, "histogram", "Runs of jobs by this process, from start to outcome.")
        for (key, histogram) in engine.measurements.durations.sorted(by: { $0.key < $1.key }) {
            lines += histogram.lines(
                named: name, labels: "lane=\"\(key.lane.rawValue)\",outcome=\"\(key.outcome)\",")
        }
        return lines
    }
}
