import Foundation
import Synchronization

/// Forwards connections to a server on this machine until it is told to stall: then nothing goes through any more and
/// nothing is closed, as when a cable is cut or a firewall forgets a connection.
public final class StallingProxy: Sendable {
    private struct State {
        var isStalled = false
        var isClosed = false
        /// Connections made before a stall never go on.
        var generation = 0
    }

    public let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Mutex(State())

    public init(to target: Int) throws {
        (listener, port) = try LoopbackPort.listen()
        self.target = target
        let thread = Thread { [weak self, listener] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self, !self.state.withLock({ $0.isClosed }) else { return }
                self.serve(client)
            }
        }
        thread.start()
    }

    deinit { close() }

    public func stall() {
        state.withLock { state in
            state.isStalled = true
            state.generation += 1
        }
    }

    /// New connections go through again.
    public func resume() { state.withLock { $0.isStalled = false } }

    public func close() {
        let isOpen = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isOpen {
            shutdown(listener, Int32(SHUT_RDWR))
            Glibc.close(listener)
        }
    }

    private func serve(_ client: Int32) {
        let generation = state.withLock { $0.generation }
        let thread = Thread { [weak self, target] in
            guard let server = try? LoopbackPort.connect(to: target) else {
                Glibc.close(client)
                return
            }
            while let self, self.forward(between: client, and: server, generation) {}
            Glibc.close(client)
            Glibc.close(server)
        }
        thread.start()
    }

    /// - Returns: `false` when one side has ended.
    private func forward(between client: Int32, and server: Int32, _ generation: Int) -> Bool {
        let (isClosed, isStalled) = state.withLock { ($0.isClosed, $0.isStalled || $0.generation != generation) }
        if isClosed { return false }
        if isStalled {
            usleep(5000)
            return true
        }
        var ready = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&ready, 2, 5) > 0 else { return true }
        // Stalled meanwhile: what came stays where it is.
        if state.withLock({ $0.isStalled }) { return true }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for (source, target) in [(ready[0], server), (ready[1], client)] where source.revents != 0 {
            let count = recv(source.fd, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            var sent = 0
            while sent < count {
                let part = buffer[sent..<count].withUnsafeBytes {
                    send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard part > 0 else { return false }
                sent += part
            }
        }
        return true
    }
}
