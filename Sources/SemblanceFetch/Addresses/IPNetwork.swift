import SemblanceCore

/// A range of addresses with a common beginning, such as `10.0.0.0/8` (CIDR, RFC 4632).
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    let address: IPAddress
    /// 0 to 32 for IPv4, 0 to 128 for IPv6.
    let prefixLength: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, or one address.
    /// - Throws: `RequestError` with `invalid-query` for anything else, or if bits past the prefix are set.
    public init(_ text: String) throws(RequestError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else {
            throw RequestError(.invalidQuery, "Expected a network such as 10.0.0.0/8 or fd00::/8, not '\(text)'.")
        }
        let width = address.bytes.count * 8
        let length = parts.count == 1 ? width : Int(parts[1]) ?? -1
        guard (0...width).contains(length) else {
            throw RequestError(.invalidQuery, "Expected a prefix of 0 to \(width) bits, not '\(text)'.")
        }
        self.address = address
        self.prefixLength = length
        guard (length..<width).allSatisfy({ !Self.bit($0, of: address) }) else {
            throw RequestError(
                .invalidQuery, "'\(text)' has bits set after its first \(length); write the range's start.")
        }
    }

    /// Whether an address of the same family lies in the range.
    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefixLength / 8
        guard other.bytes[..<whole] == address.bytes[..<whole] else { return false }
        return (whole * 8..<prefixLength).allSatisfy { Self.bit($0, of: other) == Self.bit($0, of: address) }
    }

    private static func bit(_ index: Int, of address: IPAddress) -> Bool {
        address.bytes[index / 8] >> (7 - index % 8) & 1 == 1
    }

    public var description: String { "\(address)/\(prefixLength)" }
}

extension IPNetwork: ExpressibleByStringLiteral {
    /// For networks written in the program.
    public init(stringLiteral text: String) {
        do {
            try self.init(text)
        } catch {
            preconditionFailure(error.message)
        }
    }
}
