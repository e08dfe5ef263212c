import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Hummingbird's HTTP/1.1 connections, without one way to end the program.
///
/// A connection that is accepted in the very moment in which the server stops is set up but never handled, and
/// NIO takes an asynchronous channel that nobody handles for a programmer's error: the process would die in the middle
/// of a graceful shutdown. Here such a connection is closed instead.
package struct ConnectionChannel: ServerChildChannel {
    private let base: HTTP1Channel

    package init(responder: @escaping HTTPChannelHandler.Responder, idleTimeout: Duration) {
        let patience = TimeAmount.nanoseconds(Int64(idleTimeout / .nanoseconds(1)))
        base = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [StalledClientHandler(patience: patience), ContinueHandler()],
                idleTimeout: patience))
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        base.setup(channel: channel, logger: logger).map { Connection($0) }
    }

    package func handle(value: Connection, logger: Logger) async {
        await base.handle(value: value.take(), logger: logger)
    }

    /// A connection that is closed if nobody takes it.
    package final class Connection: ServerChildChannelValue {
        private let asynchronous: HTTP1Channel.Value
        private let isTaken = Mutex(false)

        init(_ channel: HTTP1Channel.Value) { asynchronous = channel }

        package var channel: any Channel { asynchronous.channel }

        func take() -> HTTP1Channel.Value {
            isTaken.withLock { $0 = true }
            return asynchronous
        }

        deinit {
            guard !isTaken.withLock({ $0 }) else { return }
            let abandoned = asynchronous
            Task { try await abandoned.executeThenClose { _, _ in } }
        }
    }
}
