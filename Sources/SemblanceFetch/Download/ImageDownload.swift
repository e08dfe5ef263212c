import AsyncHTTPClient
import Foundation
import NIOCore
import SemblanceCore

/// One fetch: from hop to hop, then into the file.
struct ImageDownload: Sendable {
    let configuration: FetchConfiguration
    let resolve: GuardedImageFetcher.Resolve
    let writing: ThreadPool
    let path: String
    let maximumByteCount: Int

    /// How many of a host's addresses are tried before it counts as unreachable.
    private static let maximumAttemptCount = 3

    private enum Step {
        case done
        case redirected(ImageURL)
    }

    /// - Throws: `ImageError`, `StoreError` for the file, `CancellationError`.
    func run(from start: ImageURL) async throws {
        var url = start
        for _ in 0...configuration.maximumRedirectCount {
            switch try await hop(url) {
            case .done: return
            case .redirected(let next): url = next
            }
        }
        throw ImageError(
            .fetchFailed, "The image's URL redirects more than \(configuration.maximumRedirectCount) times.")
    }

    private func hop(_ url: ImageURL) async throws -> Step {
        var failure: (any Error)?
        for address in try await checkedAddresses(of: url).prefix(Self.maximumAttemptCount) {
            do {
                return try await request(url, at: address)
            } catch let error as Unreachable {
                failure = error.cause
            }
        }
        throw ImageError(
            .fetchFailed, "The host '\(url.host)' did not answer; check the URL or try again later.",
            underlying: failure)
    }

    /// - Throws: `image-fetch-refused` if any address is not allowed.
    private func checkedAddresses(of url: ImageURL) async throws -> [IPAddress] {
        let policy = AddressPolicy(
            allowsPrivateAddresses: configuration.allowsPrivateAddresses,
            allowedNetworks: configuration.allowedNetworks)
        let addresses = try await resolve(url.host)
        guard addresses.allSatisfy(policy.allows) else {
            throw ImageError(
                .fetchRefused,
                "The image was not fetched: '\(url.host)' is not at a public address, and its network is not allowed.")
        }
        return addresses
    }
}

/// The connection failed before a request was answered, so that another address may be tried.
private struct Unreachable: Error {
    let cause: any Error
}

extension ImageDownload {
    /// A client of its own for each hop: the address to connect to is part of a client's configuration.
    private func request(_ url: ImageURL, at address: IPAddress) async throws -> Step {
        let client = HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: clientConfiguration(url, address))
        let result: Result<Step, any Error>
        do {
            result = .success(try await exchange(url, with: client))
        } catch {
            result = .failure(error)
        }
        // Connections that are still open are closed; that they were is no failure of the fetch.
        try? await client.shutdown()
        return try result.get()
    }

    private func clientConfiguration(_ url: ImageURL, _ address: IPAddress) -> HTTPClient.Configuration {
        var client = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(configuration.connectTimeLimit)), proxy: nil, decompression: .disabled)
        client.dnsOverride = [url.host: address.description]
        client.connectionPool.retryConnectionEstablishment = false
        return client
    }

    private func exchange(_ url: ImageURL, with client: HTTPClient) async throws -> Step {
        var request = HTTPClientRequest(url: url.text)
        request.headers = ["User-Agent": "Semblance", "Accept": "image/*", "Accept-Encoding": "identity"]
        let response: HTTPClientResponse
        do {
            // The whole fetch has a limit, which cancels this.
            response = try await client.execute(request, deadline: .distantFuture)
        } catch {
            try Task.checkCancellation()
            throw Unreachable(cause: error)
        }
        if [301, 302, 303, 307, 308].contains(response.status.code), let next = response.headers.first(name: "location")
        {
            return .redirected(try url.redirect(to: next))
        }
        guard response.status == .ok else {
            throw ImageError(
                .fetchFailed, "The host '\(url.host)' answered with HTTP status \(response.status.code), not 200.")
        }
        try await save(response, from: url)
        return .done
    }

    private func save(_ response: HTTPClientResponse, from url: ImageURL) async throws {
        if let length = response.headers.first(name: "content-length").flatMap(Int.init) { try checkByteCount(length) }
        let path = self.path
        let writer = try await writing.run { try SpoolWriter(creating: path) }
        var count = 0
        var chunks = response.body.makeAsyncIterator()
        while let chunk = try await next(&chunks, from: url) {
            count += chunk.readableBytes
            try checkByteCount(count)
            try await writing.run { try writer.write(chunk) }
        }
        // The sequence of a cancelled task may end as if the body had.
        try Task.checkCancellation()
    }

    private func next(
        _ chunks: inout HTTPClientResponse.Body.AsyncIterator, from url: ImageURL
    ) async throws -> ByteBuffer? {
        do {
            return try await chunks.next()
        } catch {
            try Task.checkCancellation()
            throw ImageError(
                .fetchFailed, "The connection to '\(url.host)' broke off before the image was complete; try again.",
                underlying: error)
        }
    }

    private func checkByteCount(_ count: Int) throws {
        guard count <= maximumByteCount else {
            throw ImageError(
                .tooManyBytes, "The image at the URL is larger than the limit of \(maximumByteCount) bytes.")
        }
    }
}
