import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client does not take what it is sent. Hummingbird's own time-out looks at what a client
/// sends, and only until its request is there.
///
/// A slow client is no stalled one: whenever the socket has taken some bytes, time begins anew.
package final class StalledClientHandler: ChannelOutboundHandler, RemovableChannelHandler {
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    /// Writes whose bytes are not all on their way yet.
    private var pendingCount = 0
    private var completedCount = 0
    /// How far things were when they were looked at last.
    private var seen = (completedCount: 0, bufferedByteCount: 0)
    private var check: Scheduled<Void>?

    package init(patience: TimeAmount) { self.patience = patience }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        pendingCount += 1
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.pendingCount -= 1
            self.completedCount += 1
        }
        if check == nil { watch(context) }
        context.write(data, promise: promise)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        check = nil
    }

    private func watch(_ context: ChannelHandlerContext) {
        seen = (completedCount, bufferedByteCount(context))
        check = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        check = nil
        guard pendingCount > 0 else { return }
        if seen == (completedCount, bufferedByteCount(context)) {
            context.close(promise: nil)
        } else {
            watch(context)
        }
    }

    private func bufferedByteCount(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
