/// The places in a job's life where a test may end the process.
package enum FaultPoint: String, CaseIterable, Sendable {
    /// The job is marked as running; nothing of it is done.
    case started
    case fetched, read, recognised, decoded, embedded
    /// Originals are in the file store, not yet durable.
    case kept
    /// Originals are durable; no row names them.
    case flushed
    /// Rows and embeddings are committed; the index does not know them.
    case committed
    case indexed
    /// Spool files are removed.
    case cleared
    /// Progress is written.
    case reported
    /// All work is done; the job still counts as running.
    case done
    /// The job has ended; the queue does not know it.
    case ended
}

/// What a test does at those places. There is no way to set it but from code of this package: users cannot trigger it,
/// and without it each place costs one comparison.
package struct EngineFaults: Sendable {
    package var reached: (@Sendable (FaultPoint) -> Void)?

    package init(reached: (@Sendable (FaultPoint) -> Void)? = nil) {
        self.reached = reached
    }

    func reach(_ point: FaultPoint) {
        reached?(point)
    }
}
