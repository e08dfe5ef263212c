import Foundation
import SemblanceCore

/// How large files are downloaded.
public struct DownloadConfiguration: Hashable, Sendable {
    /// Without a byte for so long, a connection counts as broken. More than zero.
    public var stallLimit: Duration = .seconds(30)
    /// For one attempt to connect, TLS included. More than zero.
    public var connectTimeLimit: Duration = .seconds(15)
    /// Attempts in a row that bring no byte before it is given up; 1 or more.
    public var maximumAttemptCount = 5
    /// Before the second attempt; doubled each time, up to 16 times as long.
    public var retryPause: Duration = .milliseconds(500)
    /// 0 to 20.
    public var maximumRedirectCount = 10
    /// `http://[user:password@]host:port`, which HTTPS goes through.
    public var proxy: ProxyServer?
    /// Hosts that are reached without the proxy, as `NO_PROXY` lists them.
    public var proxyExceptions: [String] = []
    /// A file of certificates (PEM) that are trusted beside the system's.
    public var trustedCertificatesPath: String?
    /// Stands for `https://huggingface.co` where that cannot be reached: a mirror, without a slash at the end.
    public var huggingFaceMirror: String?

    public init() {}

    /// Reads what programs usually honour: `HTTPS_PROXY`, `NO_PROXY` (in either case), `SSL_CERT_FILE`, `HF_ENDPOINT`,
    /// and `SEMBLANCE_STALL_SECONDS`.
    /// - Throws: `ModelError` with `model-download-failed`, naming the variable that makes no sense.
    public init(environment: [String: String]) throws(ModelError) {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        if let text = value("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy") {
            guard let server = ProxyServer(text) else {
                throw Self.refused("HTTPS_PROXY is not of the form http://host:port, the only one that is spoken here")
            }
            proxy = server
        }
        proxyExceptions = (value("NO_PROXY", "no_proxy") ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
        trustedCertificatesPath = value("SSL_CERT_FILE")
        if let mirror = value("HF_ENDPOINT") {
            huggingFaceMirror = mirror.hasSuffix("/") ? String(mirror.dropLast()) : mirror
        }
        if let text = value("SEMBLANCE_STALL_SECONDS") {
            guard let seconds = Double(text), seconds > 0, seconds <= 3600 else {
                throw Self.refused("SEMBLANCE_STALL_SECONDS is a number of seconds above 0, at most 3,600")
            }
            stallLimit = .seconds(seconds)
        }
    }

    private static func refused(_ reason: String) -> ModelError {
        ModelError(.downloadFailed, "Nothing can be downloaded: \(reason).")
    }

    /// The proxy on the way to a host; none to this machine, as `curl` has it.
    package func proxy(to host: String) -> ProxyServer? {
        let host = host.lowercased()
        if FileURL.isLoopback(host) { return nil }
        let isExcepted = proxyExceptions.contains { exception in
            let name = exception.hasPrefix(".") ? String(exception.dropFirst()) : exception
            return name == "*" || host == name || (!name.isEmpty && host.hasSuffix("." + name))
        }
        return isExcepted ? nil : proxy
    }
}

/// A proxy as environment variables name it.
public struct ProxyServer: Hashable, Sendable {
    public let host: String
    /// 1…65,535.
    public let port: Int
    public let user: String?
    public let password: String?

    /// `nil` for text that names no HTTP proxy. A missing scheme means `http`, a missing port 80.
    ///
    /// A proxy that is itself reached over TLS (`https://`) is refused: the client would speak to it in the clear, and
    /// send the password so.
    public init?(_ text: String) {
        let whole = text.contains("://") ? text : "http://" + text
        guard let parts = URLComponents(string: whole), let scheme = parts.scheme?.lowercased(),
            scheme == "http", let host = parts.host, !host.isEmpty
        else { return nil }
        let port = parts.port ?? 80
        guard (1...65_535).contains(port) else { return nil }
        self.host = host
        self.port = port
        user = parts.user
        password = parts.password
    }
}
