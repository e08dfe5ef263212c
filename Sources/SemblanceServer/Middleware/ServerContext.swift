import Hummingbird
import Logging
import NIOCore
import SemblanceCore

/// What is known of a request besides itself.
struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel
    /// What the client may do; set by `AccessMiddleware`.
    var scope: APIKey.Scope?
    /// Whose share the request counts against; set by `LoadLimits`.
    var client: ClientIdentity?

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
    }

    /// `nil` where there is no socket.
    var clientAddress: SocketAddress? { channel.remoteAddress }

    /// Whether the client runs on this machine.
    var isLocalClient: Bool { clientAddress.map(HostName.isLoopback) ?? true }

    /// Closes the connection after a pause in which what the client is still sending is read and dropped, so that it
    /// gets to see the response: an upload that was refused half-way may otherwise never end.
    func closeConnection(after pause: TimeAmount = .seconds(10)) {
        let channel = self.channel
        channel.eventLoop.scheduleTask(in: pause) { channel.close(mode: .all, promise: nil) }
    }
}
