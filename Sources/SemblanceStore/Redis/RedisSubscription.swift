import Foundation
import Logging
import SemblanceCore
import Synchronization

/// Listens to one channel on a thread of its own, for any number of listeners; connects again when it must.
///
/// A connection that has said nothing for some seconds is asked for a sign of life, so that one whose other end is gone
/// without a word is noticed.
final class RedisSubscription: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<Job.ID?>.Continuation] = [:]
        var lastListener = 0
        var hasStarted = false
        var isClosed = false
        /// For `close()` to end a wait.
        var descriptor: Int32?
    }

    private let url: RedisURL
    private let channel: String
    private let timeouts: RedisTimeouts
    private let quietLimit: Duration
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter quietLimit: how long the server may say nothing until it is asked for a sign of life.
    init(url: RedisURL, channel: String, timeouts: RedisTimeouts, quietLimit: Duration, logger: Logger) {
        self.url = url
        self.channel = channel
        self.timeouts = timeouts
        self.quietLimit = quietLimit
        self.logger = logger
    }

    func listen() -> AsyncStream<Job.ID?> {
        // A slow listener is better woken for a newer job than for an older one: it looks again now and then anyway.
        let (stream, continuation) = AsyncStream.makeStream(of: Job.ID?.self, bufferingPolicy: .bufferingNewest(10_000))
        let (number, isFirst) = state.withLock { state in
            state.lastListener += 1
            state.listeners[state.lastListener] = continuation
            defer { state.hasStarted = true }
            return (state.lastListener, !state.hasStarted && !state.isClosed)
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        if isFirst { start() }
        return stream
    }

    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            if let descriptor = state.descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    private func start() {
        let thread = Thread { [weak self] in
            let pauses = RetryPolicy(firstPause: .milliseconds(100), longestPause: .seconds(5))
            var failures = 0
            // Weak between two connections: whoever is not used any more ends its thread.
            while let self, !self.state.withLock({ $0.isClosed }) {
                let hadConnected = self.followOnce()
                failures = hadConnected ? 1 : failures + 1
                let pause = pauses.pause(afterTries: failures, jitter: Double.random(in: 0...1))
                Thread.sleep(forTimeInterval: pause / .seconds(1))
            }
        }
        thread.name = "redis-news"
        thread.start()
    }

    /// Follows the channel until the connection is lost.
    /// - Returns: whether there was one.
    private func followOnce() -> Bool {
        var hasConnected = false
        do {
            let connection = try RedisConnection(to: url, name: "semblance-news", timeouts: timeouts)
            state.withLock { $0.descriptor = connection.descriptor }
            // The descriptor is not to be shut down when it is another's.
            defer { withExtendedLifetime(connection) { state.withLock { $0.descriptor = nil } } }
            try connection.send(["SUBSCRIBE", channel])
            var isAsked = false
            while !state.withLock({ $0.isClosed }) {
                guard let message = try connection.message(within: quietLimit) else {
                    if isAsked { throw RedisConnectionLoss(cause: .timedOut, text: "no sign of life") }
                    isAsked = true
                    try connection.send(["PING"])
                    continue
                }
                isAsked = false
                if case .failure(let failure) = message { throw failure }
                // What was told before is lost: everybody looks once.
                if message[0].text == "subscribe" {
                    hasConnected = true
                    tell(nil)
                }
                if message[0].text == "message", let id = message[2].text { tell(Job.ID(rawValue: id)) }
            }
        } catch {
            if hasConnected {
                logger.notice("news of jobs come late: the queue's server is gone", metadata: ["error": "\(error)"])
            }
        }
        return hasConnected
    }

    private func tell(_ id: Job.ID?) {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield(id) }
    }
}
