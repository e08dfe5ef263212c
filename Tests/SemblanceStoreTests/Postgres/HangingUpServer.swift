import Foundation
import Synchronization

/// Speaks PostgreSQL's protocol until the first query, and hangs up in place of an answer.
final class HangingUpServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let count = Mutex(0)

    init() throws {
        (listener, port) = try Loopback.listen()
        Thread.detachNewThread { [self] in serve() }
    }

    var connectionCount: Int { count.withLock { $0 } }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        // "Authentication is fine", "ready for a query".
        let welcome: [UInt8] = [
            UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 0, UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I"),
        ]
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while case let client = accept(listener, nil, nil), client >= 0 {
            count.withLock { $0 += 1 }
            _ = recv(client, &buffer, buffer.count, 0)
            _ = send(client, welcome, welcome.count, Int32(MSG_NOSIGNAL))
            _ = recv(client, &buffer, buffer.count, 0)
            Glibc.close(client)
        }
        Glibc.close(listener)
    }
}
