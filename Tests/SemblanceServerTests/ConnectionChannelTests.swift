import Logging
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SemblanceServer
import SemblanceTesting
import Testing

@Suite struct ConnectionChannelTests {
    /// With Hummingbird's own channel this ends the process: "Deinited NIOAsyncWriter without calling finish()".
    @Test(.timeLimit(.minutes(1))) func closesAConnectionThatNobodyHandles() async throws {
        let channel = NIOAsyncTestingChannel()
        let connections = ConnectionChannel(responder: { _, _, _ in }, idleTimeout: .seconds(60))
        try await channel.connect(to: .init(unixDomainSocketPath: "/nobody"))
        do {
            let setUp = try await channel.testingEventLoop.executeInContext {
                connections.setup(channel: channel, logger: Logger(label: "test"))
            }
            _ = try await setUp.get()
        }
        // Handing it to nobody closes it, sooner or later.
        try await eventually {
            await channel.testingEventLoop.run()
            return !channel.isActive
        }
    }
}

@Suite struct StalledClientTests {
    /// A socket that takes what it is told to take.
    private final class SlowSocket: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart

        private var waiting: [EventLoopPromise<Void>] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if let promise { waiting.append(promise) }
        }

        func take() { waiting.removeFirst().succeed() }
        func takeAll() { while !waiting.isEmpty { take() } }
    }

    private let channel = EmbeddedChannel()
    private let socket = SlowSocket()

    init() throws {
        try channel.pipeline.syncOperations.addHandlers([
            socket, StalledClientHandler(patience: .seconds(10)),
        ])
        try channel.connect(to: .init(unixDomainSocketPath: "/client")).wait()
    }

    private func respond() { channel.write(HTTPResponsePart.body(ByteBuffer(string: "answer")), promise: nil) }

    @Test func closesWhenNothingIsTaken() {
        respond()
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        socket.takeAll()
    }

    @Test func waitsForAClientThatIsSlow() {
        for _ in 0..<5 { respond() }
        for _ in 0..<4 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(9))
            socket.take()
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(channel.isActive)
        }
        // It has all of it, and asks for nothing else; how long it may do that is not looked at here.
        socket.takeAll()
        channel.embeddedEventLoop.advanceTime(by: .seconds(100))
        #expect(channel.isActive)
        // The next answer has its own time.
        respond()
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(!channel.isActive)
        socket.takeAll()
    }
}
