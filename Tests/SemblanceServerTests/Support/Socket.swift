import Dispatch
import Foundation

/// A plain TCP connection to this machine, to send what no HTTP client would.
final class Socket: Sendable {
    private let descriptor: Int32

    init(address host: String = "127.0.0.1", port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// A whole request with a form.
    func post(_ form: Form, to path: String) throws {
        try send(
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(form.contentType)\r\n"
                + "Content-Length: \(form.bytes.count)\r\n\r\n")
        try send(form.bytes)
    }

    func send(_ bytes: [UInt8]) throws {
        guard Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }

    /// The next bytes; `nil` at the end or after twenty seconds without any. Waits on a thread of its own: the
    /// server runs in this process and needs the cooperative ones.
    func receive() async -> String? {
        let descriptor = self.descriptor
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                continuation.resume(returning: count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil)
            }
        }
    }

    /// Breaks the connection; nothing more goes either way.
    func breakOff() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Opens connections as fast as it can, in the background, until there is nobody to connect to any more.
    static func connectUntilRefused(port: Int) -> Task<Void, Never> {
        Task {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    while (try? Socket(port: port)) != nil {}
                    continuation.resume()
                }
            }
        }
    }
}
