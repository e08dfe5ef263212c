import Synchronization

/// Whether `/readyz` says yes: set once the model is warm.
public final class Readiness: Sendable {
    private let state = Mutex(false)

    public init() {}

    public var isReady: Bool { state.withLock { $0 } }

    public func markReady() { state.withLock { $0 = true } }

    /// The server is stopping: load balancers should look elsewhere.
    public func markStopping() { state.withLock { $0 = false } }
}
