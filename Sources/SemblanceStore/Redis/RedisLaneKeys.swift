import SemblanceCore

/// The keys of one lane.
///
///     <prefix>:{<lane>}:stream    a stream with the consumer group `workers`: an entry for each job that waits or is in
///                                 hand, with the job's id and nothing else
///     <prefix>:{<lane>}:known     a hash from job to its entry, or `delayed`: what keeps a job from being in it twice
///     <prefix>:{<lane>}:delayed   a sorted set of jobs by the time at which they come back into the stream
///     <prefix>:{<lane>}:tries     a hash from job to how often it could not be run
///     <prefix>:{<lane>}:workers   a sorted set of processes that take jobs, by the time until which that holds
///     <prefix>:{<lane>}:counters  a hash of counters for metrics
///
/// The braces keep a lane's keys together where a proxy spreads keys over servers.
package struct RedisLaneKeys: Hashable, Sendable {
    package static let group = "workers"

    package let stream, known, delayed, tries, workers, counters: String

    package init(prefix: String, lane: Job.Lane) {
        let base = "\(prefix):{\(lane.rawValue)}:"
        stream = base + "stream"
        known = base + "known"
        delayed = base + "delayed"
        tries = base + "tries"
        workers = base + "workers"
        counters = base + "counters"
    }

    /// In the order in which scripts expect them.
    package var all: [String] { [stream, known, delayed, tries, workers, counters] }
}
