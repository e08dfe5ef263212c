import Foundation
import SemblanceCore

/// Fetches images by URL without becoming a way into the network that this program runs in.
///
/// Each hop of a fetch goes through the same steps: the URL is taken apart strictly (`ImageURL`), its host is resolved,
/// every address is checked (`AddressPolicy`), and the connection is made to an address that was checked, whatever the
/// name means by then. A redirect is a new hop. One address that is not allowed refuses the host: a name that leads to
/// both a public and a private server is either a mistake or an attack.
///
/// Proxies are not used; compressed answers are not asked for, so that bytes counted are bytes stored.
public final class GuardedImageFetcher: ImageFetcher {
    /// Finds the addresses of a host, in the order in which they should be tried.
    package typealias Resolve = @Sendable (_ host: String) async throws -> [IPAddress]

    private let configuration: FetchConfiguration
    private let resolve: Resolve
    private let writing = ThreadPool(name: "fetch-write", threadCount: 2)

    /// - Throws: `RequestError` for a configuration out of range.
    public convenience init(_ configuration: FetchConfiguration = FetchConfiguration()) throws {
        let resolver = HostResolver()
        try self.init(configuration, resolve: { try await resolver.addresses(of: $0) })
    }

    /// - Parameter resolve: asked once a hop; the name is not looked up again for the connection.
    /// - Throws: `RequestError` for a configuration out of range.
    package init(_ configuration: FetchConfiguration, resolve: @escaping Resolve) throws {
        try configuration.validate()
        self.configuration = configuration
        self.resolve = resolve
    }

    deinit { writing.shutDown() }

    /// A file that could not be fetched whole is removed.
    /// - Parameters:
    ///   - path: taken over if it is there.
    ///   - maximumByteCount: a larger image is `image-too-many-bytes`.
    /// - Throws: also `StoreError` if the file cannot be written, and `CancellationError`.
    public func fetch(_ url: String, to path: String, maximumByteCount: Int) async throws -> String {
        let url = try ImageURL(url)
        do {
            try await withTimeLimit { [self] in
                try await ImageDownload(
                    configuration: configuration, resolve: resolve, writing: writing, path: path,
                    maximumByteCount: maximumByteCount
                ).run(from: url)
            }
        } catch {
            _ = try? await writing.run { unlink(path) }
            try Task.checkCancellation()
            throw error
        }
        return url.name
    }

    private func withTimeLimit(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let limit = configuration.timeLimit
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: limit)
                throw ImageError(
                    .fetchFailed, "The image did not arrive within \(limit); try again later.")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
