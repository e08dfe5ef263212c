import NIOCore

/// A host as it stands in a Host header, an Origin or a setting, without its port.
struct HostName: Hashable {
    /// In lower case; an IPv6 address without brackets.
    let text: String

    init(_ text: String) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        self.text = bare.lowercased()
    }

    /// The host of `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`; `nil` if it is none of these.
    init?(authority: String) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" && Self.isPort(rest.dropFirst()) else { return nil }
            self.init(String(authority[...end]))
            return
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty, parts.count == 1 || Self.isPort(parts[1]) else { return nil }
        self.init(String(parts[0]))
    }

    /// Whether it names this machine by a name or address that nobody else's DNS can answer for.
    var isLoopback: Bool {
        if text == "localhost" || text.hasSuffix(".localhost") { return true }
        guard let address = ipAddress else { return false }
        return Self.isLoopback(address)
    }

    /// Whether it is an IP address: an attacker's page cannot be served from one that it does not own, so DNS
    /// rebinding never shows one.
    var isIPAddress: Bool { ipAddress != nil }

    static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4(let address):
            return UInt8(truncatingIfNeeded: UInt32(bigEndian: address.address.sin_addr.s_addr) >> 24) == 127
        case .v6(let address):
            return withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                let isOne = bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
                return isOne || isMapped(bytes) && bytes[12] == 127
            }
        case .unixDomainSocket: return true
        }
    }

    /// Whether the sixteen bytes of an IPv6 address hold one of IPv4 (RFC 4291, section 2.5.5.2).
    static func isMapped(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    }

    private var ipAddress: SocketAddress? { try? SocketAddress(ipAddress: text, port: 0) }

    private static func isPort(_ text: Substring) -> Bool { text.isEmpty || UInt16(text) != nil }
}
