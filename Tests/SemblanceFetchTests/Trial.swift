import Foundation
import SemblanceCore
import SemblanceFetch
import Testing

/// A fetch into a folder of its own.
struct Trial: ~Copyable {
    let folder: String
    private let resolve: GuardedImageFetcher.Resolve?
    var path: String { folder + "/image" }

    /// - Parameter resolve: answers in place of the system's name servers.
    init(resolve: GuardedImageFetcher.Resolve? = nil) throws {
        self.resolve = resolve
        folder = NSTemporaryDirectory() + "semblance-fetch-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var bytes: [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

    func fetch(
        _ url: String, maximumByteCount: Int = 1 << 20, configure: (inout FetchConfiguration) -> Void = { _ in }
    ) async throws -> String {
        var configuration = FetchConfiguration()
        configuration.allowsPrivateAddresses = true
        configure(&configuration)
        let fetcher =
            if let resolve {
                try GuardedImageFetcher(configuration, resolve: resolve)
            } else {
                try GuardedImageFetcher(configuration)
            }
        return try await fetcher.fetch(url, to: path, maximumByteCount: maximumByteCount)
    }

    func expectFailure(
        _ code: ImageError.Code, fetching url: String, maximumByteCount: Int = 1 << 20, mentioning text: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        configure: (inout FetchConfiguration) -> Void = { _ in }
    ) async {
        do {
            _ = try await fetch(url, maximumByteCount: maximumByteCount, configure: configure)
            Issue.record("\(url) was fetched", sourceLocation: sourceLocation)
        } catch let error as ImageError {
            #expect(error.code == code, sourceLocation: sourceLocation)
            #expect(text.map(error.message.contains) ?? true, "\(error.message)", sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
        #expect(bytes == nil, "no partial file is left", sourceLocation: sourceLocation)
    }
}
