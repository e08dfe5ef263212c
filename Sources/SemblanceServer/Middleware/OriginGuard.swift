import HTTPTypes
import Hummingbird
import SemblanceCore

/// Keeps other web pages from using this server through their visitor's browser.
///
/// Nothing here protects by a secret when no key is used, so the browser's own words count: a foreign `Host` means that
/// a page's domain was rebound to this machine's address (DNS rebinding), a foreign `Origin` that another page sends
/// the request (CSRF). A request with a valid key needs neither check: a page that knows the key may use it.
package struct OriginGuard: Sendable {
    private let allowedHosts: Set<HostName>

    package init(_ configuration: ServerConfiguration) {
        allowedHosts = Set(configuration.allowedHosts.map { HostName($0) } + [HostName(configuration.host)])
    }

    /// - Throws: `ServerError` with `foreign-host` or `foreign-origin`.
    package func check(_ request: Request) throws {
        guard let authority = request.head.authority ?? request.headers[.host],
            let host = HostName(authority: authority), isAllowed(host)
        else {
            throw ServerError(
                .foreignHost,
                "Without a key, this server is reached by its IP address or as localhost, not by another host name. "
                    + "Name further hosts with --allow-host.")
        }
        try checkOrigin(of: request, authority: authority)
    }

    private func isAllowed(_ host: HostName) -> Bool {
        host.isLoopback || host.isIPAddress || allowedHosts.contains(host)
    }

    private func checkOrigin(of request: Request, authority: String) throws {
        if let origin = request.headers[.origin] {
            let isOwn = ["http://", "https://"].contains { origin.lowercased() == $0 + authority.lowercased() }
            guard isOwn else { throw Self.foreignOrigin }
            return
        }
        let site = request.headers[.fetchSite]?.lowercased()
        guard site == nil || site == "same-origin" || site == "none" || Self.followsALink(request) else {
            throw Self.foreignOrigin
        }
    }

    /// Somebody clicked on a link to this server: what comes is shown to them, and the page with the link learns nothing.
    /// What a page asks for by itself, such as a picture, could be work without end.
    private static func followsALink(_ request: Request) -> Bool {
        [.get, .head].contains(request.method) && request.headers[.fetchMode]?.lowercased() == "navigate"
            && request.headers[.fetchDestination]?.lowercased() == "document"
    }

    private static let foreignOrigin = ServerError(
        .foreignOrigin, "Without a key, requests from other web pages are refused; send an API key.")
}
