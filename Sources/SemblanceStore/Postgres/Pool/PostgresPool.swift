import Foundation
import SemblanceCore
import Synchronization

/// Connections to one database, each used by one thread at a time.
///
/// There are as many threads as connections, none of them of Swift's cooperative pool. Work that comes when all are
/// busy waits, first come, first served, for at most `waitTimeLimit`. Connections are made when they are first needed
/// and thrown away when they broke.
package final class PostgresPool: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        /// Work that runs or waits.
        var workCount = 0
        var isClosed = false
    }

    package let configuration: PostgresConfiguration
    private let threads: ThreadPool
    private let state = Mutex(State())

    /// Work that may wait for a connection; more is refused.
    private static let maximumWaitingCount = 4096

    package init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        threads = ThreadPool(
            name: "postgres", threadCount: configuration.connectionCount,
            maximumWaitingCount: Self.maximumWaitingCount)
    }

    deinit { close() }

    /// Lets a connection do work, on a thread of the pool.
    ///
    /// Cancelling the task takes work out that has not begun; what runs, ends.
    /// - Throws: what `body` throws; `StoreError` with `database-busy` if no connection came free in time;
    ///   `CancellationError`.
    package func withConnection<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        let ticket = Ticket<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard ticket.wait(continuation) else { return }
                enqueue(ticket, body)
            }
        } onCancel: {
            ticket.take()?.resume(throwing: CancellationError())
        }
    }

    /// Closes connections that nobody uses; those in use are closed after it. Later work is refused.
    package func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        withExtendedLifetime(idle) {}
        threads.shutDown()
    }

    private func enqueue<Value>(
        _ ticket: Ticket<Value>, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) {
        // Nothing waits for a thread that is free, and a timer costs more than a short statement.
        let timer =
            beginWork()
            ? nil
            : Task { [limit = configuration.waitTimeLimit] in
                try await Task.sleep(for: limit)
                ticket.take()?.resume(throwing: Self.busy)
            }
        let isAccepted = threads.submit { [self] in
            defer { endWork() }
            timer?.cancel()
            guard let continuation = ticket.take() else { return }
            continuation.resume(with: Result { try run(body) })
        }
        if !isAccepted {
            endWork()
            timer?.cancel()
            ticket.take()?.resume(throwing: Self.busy)
        }
    }

    /// - Returns: whether there is a thread free for it.
    private func beginWork() -> Bool {
        state.withLock { state in
            state.workCount += 1
            return state.workCount <= configuration.connectionCount
        }
    }

    private func endWork() { state.withLock { $0.workCount -= 1 } }

    private func run<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        let connection = try take()
        defer { put(connection) }
        return try body(connection)
    }

    private func take() throws -> PostgresConnection {
        // The one that was used last: the others may go to sleep with the server.
        while let connection = state.withLock({ $0.idle.popLast() }) {
            if connection.isUsable { return connection }
        }
        return try PostgresConnection(to: configuration.url, configuration)
    }

    private func put(_ connection: PostgresConnection) {
        guard connection.isUsable else { return }
        state.withLock { if !$0.isClosed { $0.idle.append(connection) } }
    }

    private static var busy: StoreError {
        StoreError(.busy, "The database has too much to do; try again in a moment.")
    }
}

/// Somebody who waits for work to be done: whoever takes the continuation answers it, once.
private final class Ticket<Value: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Value, any Error>)
        case taken
    }

    private let state = Mutex(State.new)

    /// - Returns: `false` if it was taken before there was anybody to answer: the task had been cancelled already.
    func wait(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        let isWaiting = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !isWaiting { continuation.resume(throwing: CancellationError()) }
        return isWaiting
    }

    func take() -> CheckedContinuation<Value, any Error>? {
        state.withLock { state in
            defer { state = .taken }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
    }
}
