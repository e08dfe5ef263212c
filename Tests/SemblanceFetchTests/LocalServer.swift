import Foundation
import Synchronization

/// A web server on a loopback address that answers exactly the bytes that a test writes. One thread a connection.
final class LocalServer: Sendable {
    /// One request and the connection it came over.
    struct Exchange: Sendable {
        let path: String
        let head: String
        fileprivate let descriptor: Int32

        /// - Returns: `false` once the client has closed the connection.
        @discardableResult func send(_ bytes: some Collection<UInt8>) -> Bool {
            let array = Array(bytes)
            var sent = 0
            while sent < array.count {
                let count = array[sent...].withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        @discardableResult func send(_ text: String) -> Bool { send(text.utf8) }

        func sendRedirect(to location: String, status: Int = 302) {
            send("HTTP/1.1 \(status) Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
        }

        func sendFile(_ bytes: [UInt8]) {
            send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\nContent-Type: image/png\r\n\r\n")
            send(bytes)
        }

        /// Waits until the client closes the connection.
        func waitForClose() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }
    }

    private let descriptor: Int32
    let address: String
    let port: Int
    private let requests = Mutex<[String]>([])

    /// Paths asked for so far.
    var paths: [String] { requests.withLock { $0 } }
    var url: String { "http://\(address):\(port)" }

    /// - Parameters:
    ///   - address: of the loopback network, so that nothing outside this machine can connect.
    ///   - isListening: if not, the port is taken but connections are refused.
    init(address: String = "127.0.0.1", isListening: Bool = true, respond: @escaping @Sendable (Exchange) -> Void)
        throws
    {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.address = address
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &name.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = descriptor
        let status = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && (!isListening || listen(listener, 16) == 0)
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard status else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = Int(UInt16(bigEndian: name.sin_port))
        Thread { [weak self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread { [weak self] in
                    if let exchange = Self.read(connection) {
                        self?.requests.withLock { $0.append(exchange.path) }
                        respond(exchange)
                    }
                    close(connection)
                }.start()
            }
        }.start()
    }

    deinit {
        // Ends the thread that waits in `accept`.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func read(_ descriptor: Int32) -> Exchange? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while head.suffix(4) != [13, 10, 13, 10] {
            guard head.count < 65536, recv(descriptor, &byte, 1, 0) == 1 else { return nil }
            head.append(byte)
        }
        let text = String(decoding: head, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 2)
        return words.count == 3 ? Exchange(path: String(words[1]), head: text, descriptor: descriptor) : nil
    }
}
