import Foundation
import SemblanceCore

/// Where a file is downloaded from: `https`, or `http` on this machine.
package struct FileURL: Hashable, Sendable {
    package let url: URL
    package let host: String
    package var isSecure: Bool { url.scheme?.lowercased() == "https" }

    /// - Throws: `model-download-failed`.
    package init(_ text: String) throws(ModelError) {
        guard let url = URL(string: text) else { throw Self.refused("'\(text.prefix(200))' is not a URL") }
        try self.init(url)
    }

    private init(_ url: URL) throws(ModelError) {
        guard let scheme = url.scheme?.lowercased(), let host = url.host(percentEncoded: false), !host.isEmpty,
            url.user == nil
        else { throw Self.refused("'\(url.absoluteString.prefix(200))' is not a URL that begins with https://") }
        guard scheme == "https" || (scheme == "http" && Self.isLoopback(host)) else {
            throw Self.refused("'\(url.absoluteString.prefix(200))' does not begin with https://")
        }
        self.url = url
        self.host = host
    }

    /// Where a redirect leads (RFC 9110, section 10.2.2).
    /// - Throws: `model-download-failed` for what is no URL and for a way out of HTTPS, even on this machine.
    package func redirect(to location: String) throws(ModelError) -> FileURL {
        guard let next = URL(string: location, relativeTo: url)?.absoluteURL else {
            throw Self.refused("'\(host)' redirects to something that is not a URL")
        }
        guard next.scheme?.lowercased() == "https" || !isSecure else {
            throw Self.refused("'\(host)' redirects from https to http, which anyone on the way could change")
        }
        return try FileURL(next)
    }

    static func isLoopback(_ host: String) -> Bool {
        let name = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased()
        return name == "localhost" || AddressKind.of(name) == .loopback
    }

    private static func refused(_ reason: String) -> ModelError { ModelError(.downloadFailed, "\(reason).") }
}

extension AddressKind {
    fileprivate static func of(_ name: String) -> AddressKind? { IPAddress(name).flatMap(AddressKind.of) }
}
