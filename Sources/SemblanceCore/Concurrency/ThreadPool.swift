import Foundation
import Synchronization

/// Threads for work that blocks: decoding, inference, files. Swift's cooperative threads must never wait for these.
///
/// Work waits in a bounded queue, first come, first served; a full queue refuses. The pool runs until `shutDown()`.
public final class ThreadPool: Sendable {
    private struct State {
        /// `nil` where work was taken: what it holds on to must not wait for the queue to be tidied.
        var waiting: [(@Sendable () -> Void)?] = []
        var head = 0
        var isShutDown = false
    }

    /// Guarded by `condition`.
    private final class Guarded: @unchecked Sendable {
        let condition = NSCondition()
        var state = State()
    }

    private let guarded = Guarded()
    public let threadCount: Int
    private let maximumWaitingCount: Int

    /// - Parameters:
    ///   - name: shown by debuggers; at most 15 bytes are kept by Linux.
    ///   - threadCount: 1 or more.
    ///   - maximumWaitingCount: work that may wait; more is refused.
    public init(name: String, threadCount: Int, maximumWaitingCount: Int = 1024) {
        precondition(threadCount > 0 && maximumWaitingCount > 0)
        self.threadCount = threadCount
        self.maximumWaitingCount = maximumWaitingCount
        for _ in 0..<threadCount {
            let guarded = self.guarded
            let thread = Thread {
                Self.setName(name)
                Self.work(guarded)
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// Threads hold the queue, not the pool: nobody can add work any more.
    deinit { shutDown() }

    /// Runs work on one of the threads and waits for it without blocking.
    /// - Throws: `RequestError` with `overloaded` if the queue is full or the pool shut down, else what `body` throws.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isAccepted = submit { continuation.resume(with: Result(catching: body)) }
            if !isAccepted {
                continuation.resume(
                    throwing: RequestError(.overloaded, "Too much work is waiting already; try again in a moment."))
            }
        }
    }

    /// Runs one piece of work that blocks on a thread of its own, which ends with it.
    /// - Throws: what `body` throws.
    public static func once<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let threads = ThreadPool(name: name, threadCount: 1)
        defer { threads.shutDown() }
        return try await threads.run(body)
    }

    /// Work that is waiting for a thread.
    public var waitingCount: Int {
        guarded.condition.withLock { guarded.state.waiting.count - guarded.state.head }
    }

    /// Lets the threads end when the queue is empty. Later work is refused.
    public func shutDown() {
        guarded.condition.withLock {
            guarded.state.isShutDown = true
            guarded.condition.broadcast()
        }
    }

    /// Gives work to the threads for which somebody else waits.
    /// - Returns: `false` if the queue is full or the pool shut down: the work is not done.
    package func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        guarded.condition.withLock {
            guard !guarded.state.isShutDown, guarded.state.waiting.count - guarded.state.head < maximumWaitingCount
            else {
                return false
            }
            guarded.state.waiting.append(work)
            guarded.condition.signal()
            return true
        }
    }

    /// Names the current thread. Foundation's `Thread.name` is lost on Linux when it is set before the thread has
    /// started, or as it starts.
    private static func setName(_ name: String) {
        guard let file = fopen("/proc/thread-self/comm", "w") else { return }
        fputs(name, file)
        fclose(file)
    }

    private static func work(_ guarded: Guarded) {
        while let next = takeNext(guarded) { next() }
    }

    private static func takeNext(_ guarded: Guarded) -> (@Sendable () -> Void)? {
        guarded.condition.lock()
        defer { guarded.condition.unlock() }
        while guarded.state.head == guarded.state.waiting.count {
            if guarded.state.isShutDown { return nil }
            guarded.condition.wait()
        }
        let work = guarded.state.waiting[guarded.state.head]
        guarded.state.waiting[guarded.state.head] = nil
        guarded.state.head += 1
        if guarded.state.head == guarded.state.waiting.count || guarded.state.head >= 1024 {
            guarded.state.waiting.removeFirst(guarded.state.head)
            guarded.state.head = 0
        }
        return work
    }
}
