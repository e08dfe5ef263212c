import Logging
import NIOEmbedded
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
