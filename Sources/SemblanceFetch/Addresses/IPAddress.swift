import Foundation

/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    package var isIPv4: Bool { bytes.count == 4 }

    /// - Precondition: 4 or 16 bytes.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "an address has 4 or 16 bytes, not \(bytes.count)")
        self.bytes = bytes
    }

    /// Reads four decimal numbers or an IPv6 address, and none of the other forms that C libraries accept
    /// (`127.1`, `0x7f000001`, zone identifiers).
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
    }

    /// The usual short form.
    package var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count))
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The IPv4 address that an IPv6 address carries and may lead to.
    package var embeddedIPv4: IPAddress? {
        guard AddressKind.of(self) == .embedsIPv4 else { return nil }
        if IPNetwork.mapped.contains(self) || IPNetwork.compatible.contains(self) || IPNetwork.nat64.contains(self) {
            return IPAddress(bytes: Array(bytes[12...]))
        }
        if IPNetwork.sixToFour.contains(self) { return IPAddress(bytes: Array(bytes[2..<6])) }
        // Teredo hides the client's address by inverting it (RFC 4380, section 4).
        if IPNetwork.teredo.contains(self) { return IPAddress(bytes: bytes[12...].map { ~$0 }) }
        return nil
    }
}

extension IPNetwork {
    static let mapped: IPNetwork = "::ffff:0:0/96"
    static let compatible: IPNetwork = "::/96"
    static let nat64: IPNetwork = "64:ff9b::/96"
    static let sixToFour: IPNetwork = "2002::/16"
    static let teredo: IPNetwork = "2001::/32"
}
