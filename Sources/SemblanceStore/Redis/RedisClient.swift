import Foundation
import SemblanceCore
import Synchronization

/// Sends commands over a few connections, on threads of its own.
///
/// A command waits for a thread and for its answer no longer than the time limits say. While the server cannot be
/// reached, commands are refused at once; now and then one of them tries.
package final class RedisClient: Sendable {
    private struct State {
        var idle: [RedisConnection] = []
        var gate = ConnectionGate()
        var isClosed = false
    }

    package let url: RedisURL
    package let timeouts: RedisTimeouts
    private let name: String
    private let threads: ThreadPool
    private let state = Mutex(State())

    /// - Parameter name: what the server calls its clients.
    package init(url: RedisURL, name: String, timeouts: RedisTimeouts = RedisTimeouts(), threadCount: Int = 4) {
        self.url = url
        self.name = name
        self.timeouts = timeouts
        threads = ThreadPool(name: "redis", threadCount: threadCount, maximumWaitingCount: 4096)
    }

    deinit { threads.shutDown() }

    /// - Throws: `JobError`.
    package func call(_ arguments: [String]) async throws -> RedisReply {
        do {
            return try await send(arguments)
        } catch {
            throw JobError(redis: error)
        }
    }

    /// - Throws: as the connection and the server say it.
    package func send(_ arguments: [String]) async throws -> RedisReply {
        let deadline = ContinuousClock.now + timeouts.connect + timeouts.command
        return try await threads.run { [self] in
            // It has waited behind others that ran into the limit.
            guard ContinuousClock.now < deadline else {
                throw RedisConnectionLoss(cause: .timedOut, text: "no thread was free in time")
            }
            return try perform(arguments)
        }
    }

    /// Ends idle connections; later commands are refused.
    package func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle = []
        }
    }

    private func perform(_ arguments: [String]) throws -> RedisReply {
        if let connection = state.withLock({ $0.idle.popLast() }) {
            do {
                return try perform(arguments, on: connection)
            } catch let loss as RedisConnectionLoss where loss.cause == .closed {
                // The server was restarted since; every command of this target may be sent twice.
            }
        }
        return try perform(arguments, on: try connect())
    }

    private func perform(_ arguments: [String], on connection: RedisConnection) throws -> RedisReply {
        do {
            let reply = try connection.command(arguments)
            giveBack(connection)
            if case .failure(let failure) = reply { throw failure }
            return reply
        } catch let loss as RedisConnectionLoss {
            // The others were made to the same server.
            state.withLock { $0.idle = [] }
            if loss.cause != .closed { fail() }
            throw loss
        }
    }

    private func connect() throws -> RedisConnection {
        let admits = state.withLock { state in
            !state.isClosed && state.gate.admits(at: .now, jitter: Double.random(in: 0...1))
        }
        guard admits else {
            throw RedisConnectionLoss(cause: .unreachable, text: "it could not be reached a moment ago")
        }
        do {
            let connection = try RedisConnection(to: url, name: name, timeouts: timeouts)
            state.withLock { $0.gate.succeeded() }
            return connection
        } catch let loss as RedisConnectionLoss {
            // One that answers, if only to refuse, is there.
            fail()
            throw loss
        }
    }

    private func fail() {
        state.withLock { $0.gate.failed(at: .now, jitter: Double.random(in: 0...1)) }
    }

    private func giveBack(_ connection: RedisConnection) {
        state.withLock { state in
            if !state.isClosed { state.idle.append(connection) }
        }
    }
}
