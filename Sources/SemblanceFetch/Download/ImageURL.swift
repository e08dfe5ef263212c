import Foundation
import SemblanceCore

/// A URL that an image may be fetched from, taken apart by rules stricter than any library's and put together again,
/// so that the host that is checked is the host that is asked.
///
/// Allowed: `http` and `https`; a host of letters, digits, `-`, `_` and dots or an IPv6 address in brackets; port 80,
/// 443 or any from 1024 (the others belong to other protocols). Not allowed: a user name or password, control
/// characters, a backslash before the path. Spaces and letters beyond ASCII in path and query are percent-encoded;
/// the fragment is dropped.
package struct ImageURL: Hashable, Sendable {
    package let isSecure: Bool
    /// In lower case, without brackets.
    package let host: String
    package let port: Int
    /// Path and query, percent-encoded; begins with a slash.
    package let target: String

    private static let maximumByteCount = 8192

    /// - Throws: `ImageError` with `image-fetch-refused` saying which rule is broken.
    package init(_ text: String) throws(ImageError) {
        guard text.utf8.count <= Self.maximumByteCount else {
            throw Self.refused("is longer than \(Self.maximumByteCount) bytes")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Self.refused("has a control character in it")
        }
        // From here on all is ASCII, where characters are bytes: no combining mark can hide a slash.
        let (scheme, afterScheme) = Self.scheme(of: Self.encode(text))
        guard scheme == "http" || scheme == "https" else {
            throw Self.refused("does not begin with http:// or https://")
        }
        isSecure = scheme == "https"
        let authority = afterScheme.prefix { !"/?#".contains($0) }
        (host, port) = try Self.hostAndPort(authority, isSecure: isSecure)
        let rest = afterScheme[authority.endIndex...].prefix { $0 != "#" }
        target = rest.first == "/" ? String(rest) : "/" + rest
    }

    /// The whole URL, rebuilt.
    package var text: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let shownPort = port == (isSecure ? 443 : 80) ? "" : ":\(port)"
        return "\(isSecure ? "https" : "http")://\(shownHost)\(shownPort)\(target)"
    }

    /// The last component of the path, decoded; the host if the path ends in a slash.
    package var name: String {
        let path = String(target.prefix { $0 != "?" })
        let decoded = path.removingPercentEncoding ?? path
        let last = decoded.split(whereSeparator: { "/\\".contains($0) }).last.map(String.init) ?? ""
        return decoded.hasSuffix("/") || ["", ".", ".."].contains(last) ? host : last
    }

    /// Where a redirect leads (RFC 9110, section 10.2.2).
    /// - Throws: `ImageError` with `image-fetch-refused` for a URL that is not allowed or one that leaves HTTPS.
    package func redirect(to location: String) throws(ImageError) -> ImageURL {
        guard let base = URL(string: text),
            let absolute = URL(string: Self.encode(location), relativeTo: base)
        else {
            throw Self.refused("redirects to something that is not a URL")
        }
        let next = try ImageURL(absolute.absoluteString)
        guard next.isSecure || !isSecure else {
            throw Self.refused("redirects from https to http, which anyone on the way could change")
        }
        return next
    }

    private static func scheme(of text: String) -> (scheme: String, rest: Substring) {
        guard let separator = text.range(of: "://") else { return ("", "") }
        return (text[..<separator.lowerBound].lowercased(), text[separator.upperBound...])
    }

    private static func hostAndPort(
        _ authority: Substring, isSecure: Bool
    ) throws(ImageError) -> (host: String, port: Int) {
        guard !authority.contains("@") else { throw refused("holds a user name or password; leave it out") }
        let (host, rest) = try authority.first == "[" ? bracketedHost(authority) : namedHost(authority)
        guard !rest.isEmpty else { return (host, isSecure ? 443 : 80) }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            port == 80 || port == 443 || (1024...65535).contains(port)
        else { throw refused("has the port '\(digits.prefix(20))'; expected 80, 443 or 1024 to 65535") }
        return (host, port)
    }

    private static func bracketedHost(_ authority: Substring) throws(ImageError) -> (String, Substring) {
        guard let end = authority.firstIndex(of: "]"),
            let address = IPAddress(String(authority[authority.index(after: authority.startIndex)..<end])),
            !address.isIPv4
        else { throw refused("has no IPv6 address in its brackets") }
        return (address.description, authority[authority.index(after: end)...])
    }

    private static func namedHost(_ authority: Substring) throws(ImageError) -> (String, Substring) {
        let host = authority.prefix { $0 != ":" }
        let isAllowed = host.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-_.".utf8.contains($0)
            }
        }
        guard !host.isEmpty, host.utf8.count <= 253, isAllowed else {
            throw refused(
                "has no valid host; expected letters, digits, '-' and dots (names beyond ASCII in their xn-- form)")
        }
        return (host.lowercased(), authority[host.endIndex...])
    }

    /// Percent-encodes what a request line cannot hold; what is encoded already stays as it is.
    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte > 0x20, byte < 0x7F, !"\"<>\\^`{|}".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func refused(_ reason: String) -> ImageError {
        ImageError(.fetchRefused, "The image was not fetched: its URL \(reason).")
    }
}
