import Foundation
import Synchronization

/// A network between a client and a server, on this machine, that can swallow everything or break.
///
/// `@unchecked Sendable`: `listener` is set once; `state` guards the rest.
final class FaultyProxy: @unchecked Sendable {
    private struct State {
        var sockets: [Int32] = []
        var isForwarding = true
        var isClosed = false
    }

    let port: UInt16
    private let listener: Int32
    private let target: UInt16
    private let state = Mutex(State())

    /// - Parameter target: a port on 127.0.0.1.
    init(to target: UInt16) throws {
        self.target = target
        (listener, port) = try Loopback.listen()
        Thread.detachNewThread { [self] in accept() }
    }

    /// Accepts connections and bytes, and forwards nothing any more: who waits for an answer waits for ever.
    func swallow() { state.withLock { $0.isForwarding = false } }

    /// Forwards again; what was swallowed stays lost.
    func forward() { state.withLock { $0.isForwarding = true } }

    /// Breaks all connections.
    func cut() {
        state.withLock { state in
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
            state.sockets = []
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        cut()
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        while case let client = Glibc.accept(listener, nil, nil), client >= 0 {
            guard let server = Loopback.connect(to: target) else {
                Glibc.close(client)
                continue
            }
            state.withLock { $0.sockets += [client, server] }
            Thread.detachNewThread { [self] in pump(from: client, to: server) }
            Thread.detachNewThread { [self] in pump(from: server, to: client) }
        }
        Glibc.close(listener)
    }

    /// Sockets are shut down, never closed: a number that is in use again must not be shut down by mistake.
    private func pump(from source: Int32, to destination: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = recv(source, &buffer, buffer.count, 0), count > 0 {
            guard state.withLock({ $0.isForwarding }) else { continue }
            var sent = 0
            while sent < count {
                let result = buffer.withUnsafeBytes {
                    send(destination, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
                }
                guard result > 0 else { break }
                sent += result
            }
        }
        shutdown(destination, Int32(SHUT_RDWR))
    }
}
