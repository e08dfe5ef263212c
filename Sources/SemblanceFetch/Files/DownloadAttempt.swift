import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SemblanceCore

/// One request for what is missing of a file, redirects included.
struct DownloadAttempt: Sendable {
    let configuration: DownloadConfiguration
    let writing: ThreadPool
    let part: PartialFile
    let meter: TransferMeter
    let start: FileURL

    /// Bytes are handed to the disk in pieces of about this size.
    private static let pieceByteCount = 1 << 20
    private static let redirects: Set<UInt> = [301, 302, 303, 307, 308]
    /// Statuses that go away by themselves.
    private static let passingStatuses: Set<UInt> = [408, 425, 429, 500, 502, 503, 504]

    private enum Step {
        case done
        case redirected(FileURL)
        /// What is here is of another version, or longer than the file: it is gone, and the whole file is asked for.
        case again
    }

    /// - Throws: `PassingFailure`, `ModelError`, `StoreError`, `CancellationError`.
    func run() async throws {
        var url = start
        var hopCount = 0
        while true {
            switch try await hop(url) {
            case .done: return
            case .again: url = start
            case .redirected(let next): url = next
            }
            hopCount += 1
            guard hopCount <= configuration.maximumRedirectCount else {
                throw ModelError(
                    .downloadFailed,
                    "'\(start.host)' redirects more than \(configuration.maximumRedirectCount) times.")
            }
        }
    }

    /// A client of its own for each hop: the proxy is part of a client's configuration.
    private func hop(_ url: FileURL) async throws -> Step {
        let client = HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: try clientConfiguration(for: url))
        let result: Result<Step, any Error>
        do {
            result = .success(try await exchange(url, with: client))
        } catch {
            result = .failure(error)
        }
        // Connections that are still open are closed; that they were is no failure.
        try? await client.shutdown()
        return try result.get()
    }

    private func clientConfiguration(for url: FileURL) throws -> HTTPClient.Configuration {
        var client = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: TimeAmount(configuration.connectTimeLimit), read: TimeAmount(configuration.stallLimit)),
            decompression: .disabled)
        client.connectionPool.retryConnectionEstablishment = false
        if let proxy = configuration.proxy(to: url.host), url.isSecure { client.proxy = proxy.clientProxy }
        var security = client.tlsConfiguration ?? .makeClientConfiguration()
        // A server that has stalled does not say goodbye either.
        security.shutdownTimeout = .seconds(1)
        if let path = configuration.trustedCertificatesPath {
            guard FileManager.default.isReadableFile(atPath: path) else {
                throw ModelError(.downloadFailed, "The file '\(path)' that SSL_CERT_FILE names cannot be read.")
            }
            security.additionalTrustRoots.append(.file(path))
        }
        client.tlsConfiguration = security
        return client
    }

    private func exchange(_ url: FileURL, with client: HTTPClient) async throws -> Step {
        let origin = part.origin(for: start.url.absoluteString)
        let offset = origin == nil ? 0 : part.byteCount
        var request = HTTPClientRequest(url: url.url.absoluteString)
        request.headers = ["User-Agent": "Semblance", "Accept": "*/*", "Accept-Encoding": "identity"]
        if let origin {
            request.headers.add(name: "Range", value: "bytes=\(offset)-")
            request.headers.add(name: "If-Range", value: origin.validator)
        }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, deadline: .distantFuture)
        } catch {
            throw unreachable(url, error)
        }
        if Self.redirects.contains(response.status.code), let next = response.headers.first(name: "location") {
            return .redirected(try url.redirect(to: next))
        }
        return try await take(response, from: url, behind: offset)
    }
}

// MARK: - Answers

extension DownloadAttempt {
    private func take(_ response: HTTPClientResponse, from url: FileURL, behind offset: Int64) async throws -> Step {
        let headers = response.headers
        switch response.status {
        case .ok:
            // The whole file: the server knows no ranges, or has another version than the one that was begun.
            let total = headers.first(name: "content-length").flatMap(Int64.init)
            let origin = Self.validator(headers).map {
                PartialFile.Origin(url: start.url.absoluteString, validator: $0)
            }
            let part = self.part
            let file = try await writing.run { try part.begin(origin) }
            return try await save(response, from: url, to: file, behind: 0, total: total)
        case .partialContent:
            guard let range = ContentRange(headers.first(name: "content-range") ?? ""), range.first == offset else {
                throw ModelError(
                    .downloadFailed, "'\(url.host)' sent another part of the file than it was asked for.")
            }
            let part = self.part
            let file = try await writing.run { try part.resume() }
            return try await save(response, from: url, to: file, behind: offset, total: range.total)
        case .rangeNotSatisfiable where offset > 0:
            if ContentRange.total(ofUnsatisfied: headers.first(name: "content-range") ?? "") == offset { return .done }
            part.discard()
            return .again
        default: throw refusal(response, from: url)
        }
    }

    /// A strong entity tag, or else a date of last change.
    private static func validator(_ headers: HTTPHeaders) -> String? {
        if let tag = headers.first(name: "etag"), !tag.hasPrefix("W/") { return tag }
        return headers.first(name: "last-modified")
    }

    private func save(
        _ response: HTTPClientResponse, from url: FileURL, to file: FileAppender, behind offset: Int64, total: Int64?
    ) async throws -> Step {
        try checkSpace(for: total.map { $0 - offset })
        meter.begin()
        meter.report(offset, of: total)
        var count = offset
        var piece = ByteBuffer()
        do {
            for try await chunk in response.body {
                piece.writeImmutableBuffer(chunk)
                count += Int64(chunk.readableBytes)
                if piece.readableBytes >= Self.pieceByteCount {
                    try await write(&piece, to: file)
                    meter.report(count, of: total)
                }
            }
            // The sequence of a cancelled task may end as if the body had.
            try Task.checkCancellation()
        } catch {
            try await write(&piece, to: file)
            throw broken(url, error, hasReceived: count > offset)
        }
        try await write(&piece, to: file)
        guard total == nil || count == total else { throw broken(url, nil, hasReceived: count > offset) }
        meter.report(count, of: total, isLast: true)
        return .done
    }

    private func write(_ piece: inout ByteBuffer, to file: FileAppender) async throws {
        guard piece.readableBytes > 0 else { return }
        let full = piece
        piece = ByteBuffer()
        try await writing.run { try file.append(full) }
    }

    private func checkSpace(for byteCount: Int64?) throws {
        var status = statvfs()
        let folder = (part.path as NSString).deletingLastPathComponent
        guard let byteCount, statvfs(folder, &status) == 0 else { return }
        let free = Int64(status.f_bavail) * Int64(status.f_frsize)
        guard free >= byteCount else {
            throw StoreError(
                .diskFull,
                "The disk of the cache folder has \(free / 1_000_000) MB free; \((byteCount + 999_999) / 1_000_000) MB "
                    + "are needed. Make room and try again.")
        }
    }
}

// MARK: - Failures

extension DownloadAttempt {
    private func unreachable(_ url: FileURL, _ error: any Error) -> any Error {
        if error is CancellationError { return error }
        let text = "\(error)"
        if text.localizedCaseInsensitiveContains("certificate") {
            return ModelError(
                .downloadFailed,
                "The certificate of '\(url.host)' is not trusted. If your company signs connections, set SSL_CERT_FILE "
                    + "to its certificate.", underlying: error)
        }
        return PassingFailure(
            error: ModelError(
                .downloadFailed, "'\(url.host)' could not be reached: check the network.", underlying: error),
            hasReceived: false)
    }

    private func broken(_ url: FileURL, _ error: (any Error)?, hasReceived: Bool) -> any Error {
        if error is CancellationError || error is StoreError { return error ?? CancellationError() }
        let isStalled = (error as? HTTPClientError) == .readTimeout
        let reason =
            isStalled
            ? "sent nothing for \(Int((configuration.stallLimit / .seconds(1)).rounded(.up))) s"
            : "ended the connection too early"
        return PassingFailure(
            error: ModelError(
                .downloadFailed,
                "'\(url.host)' \(reason). What has arrived is kept: the same command goes on from there.",
                underlying: error),
            hasReceived: hasReceived)
    }

    private func refusal(_ response: HTTPClientResponse, from url: FileURL) -> any Error {
        let status = response.status.code
        let hint =
            switch status {
            case 401, 403: " It may ask for an account or an accepted licence, or be out of reach from here."
            case 404, 410: " The publisher may have moved the file."
            default: ""
            }
        let error = ModelError(
            .downloadFailed, "'\(url.host)' answered with HTTP status \(status) instead of the file.\(hint)")
        guard Self.passingStatuses.contains(status) else { return error }
        let asked = response.headers.first(name: "retry-after").flatMap(Int.init)
        return PassingFailure(
            error: error, hasReceived: false, pause: asked.map { .seconds(min(max($0, 0), 30)) })
    }
}

/// `Content-Range: bytes 5-9/10` (RFC 9110, section 14.4).
package struct ContentRange: Hashable {
    package let first: Int64
    /// `nil` for `*`.
    package let total: Int64?

    package init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let sides = parts[1].split(separator: "/")
        guard sides.count == 2, let first = sides[0].split(separator: "-").first.flatMap({ Int64($0) }) else {
            return nil
        }
        self.first = first
        total = Int64(sides[1])
    }

    /// The size in the `bytes */10` of status 416.
    package static func total(ofUnsatisfied text: String) -> Int64? {
        text.hasPrefix("bytes */") ? Int64(text.dropFirst("bytes */".count)) : nil
    }
}

extension ProxyServer {
    fileprivate var clientProxy: HTTPClient.Configuration.Proxy {
        .server(
            host: host, port: port,
            authorization: user.map { .basic(username: $0, password: password ?? "") })
    }
}
