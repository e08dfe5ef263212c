import SemblanceCore
import Synchronization

/// Tells those who wait for a job, in this process, that it changed.
///
/// A change made by another process is told by `JobNotices` where there are any; without them, or if they are lost, it
/// is noticed by looking again every half second.
final class JobSignals: Sendable {
    static let interval: Duration = .milliseconds(500)

    private struct State {
        var listeners: [Job.ID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var nextListener: UInt64 = 0
    }

    private let state = Mutex(State())

    func notify(_ id: Job.ID) {
        let listeners = state.withLock { Array(($0.listeners[id] ?? [:]).values) }
        for listener in listeners { listener.yield() }
    }

    /// For when it is not known which job changed.
    func notifyAll() {
        let listeners = state.withLock { $0.listeners.values.flatMap(\.values) }
        for listener in listeners { listener.yield() }
    }

    /// An element at once, one after each change, one each half second, and one at the deadline.
    func ticks(for id: Job.ID, deadline: ContinuousClock.Instant?) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let listener = state.withLock { state in
            state.nextListener += 1
            state.listeners[id, default: [:]][state.nextListener] = continuation
            return state.nextListener
        }
        let ticker = Task {
            while !Task.isCancelled {
                continuation.yield()
                let next = ContinuousClock.now + Self.interval
                try? await Task.sleep(until: deadline.map { min($0, next) } ?? next)
                if let deadline, ContinuousClock.now >= deadline {
                    continuation.yield()
                    return continuation.finish()
                }
            }
        }
        continuation.onTermination = { [weak self] _ in
            ticker.cancel()
            self?.remove(listener, of: id)
        }
        return stream
    }

    private func remove(_ listener: UInt64, of id: Job.ID) {
        state.withLock { state in
            state.listeners[id]?[listener] = nil
            if state.listeners[id]?.isEmpty == true { state.listeners[id] = nil }
        }
    }
}
