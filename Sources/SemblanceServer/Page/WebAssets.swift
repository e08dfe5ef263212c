import Foundation
import HTTPTypes
import Hummingbird
import SemblanceCore

/// The web page's files, read once when the server starts.
///
/// They are few and small, and what is in memory by name cannot be led out of its folder by any path.
struct WebAssets: Sendable {
    struct Asset: Sendable {
        let bytes: ByteBuffer
        let mediaType: String
        let tag: String
    }

    /// By path within the folder: `index.html`, `search/drop.js`.
    private let assets: [String: Asset]
    /// Bytes of all files; a folder with more is not the page's.
    static let maximumByteCount = 32_000_000

    /// - Parameter folder: `nil` for none.
    /// - Throws: `ServerError` if the folder cannot be read.
    init(folder: String?) throws {
        guard let folder else {
            assets = [:]
            return
        }
        let root = URL(fileURLWithPath: folder, isDirectory: true).resolvingSymlinksInPath()
        var assets: [String: Asset] = [:]
        var byteCount = 0
        for path in try Self.files(in: root) {
            let bytes = try Data(contentsOf: root.appendingPathComponent(path))
            byteCount += bytes.count
            guard byteCount <= Self.maximumByteCount else {
                throw ServerError(
                    .configuration, "The folder of the web page holds more than 32 MB: is it the right one?")
            }
            assets[path] = Asset(
                bytes: ByteBuffer(bytes: bytes), mediaType: Self.mediaType(of: path),
                tag: "\"\(ContentHash(hashing: bytes).hexadecimal.prefix(32))\"")
        }
        self.assets = assets
    }

    var paths: [String] { assets.keys.sorted() }

    /// - Throws: `RequestError` with `not-found`.
    func response(to request: Request, path: String) throws -> Response {
        guard let asset = assets[path] else {
            let isMissing = assets.isEmpty
            throw RequestError(
                .notFound,
                isMissing
                    ? "The web page's files are not installed beside the program; the API works all the same."
                    : "The web page has no file of this name.")
        }
        var headers: HTTPFields = [
            .eTag: asset.tag, .cacheControl: "no-cache", .contentSecurityPolicy: SecurityHeaders.pagePolicy,
        ]
        if EntityTag.matches(request.headers[.ifNoneMatch], asset.tag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = asset.mediaType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.bytes))
    }

    /// Plain files below a folder, by relative path; links and hidden files are left out.
    private static func files(in root: URL) throws -> [String] {
        guard
            let found = FileManager.default.enumerator(
                at: root, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
        else { throw ServerError(.configuration, "The folder of the web page cannot be read: '\(root.path)'.") }
        var paths: [String] = []
        for case let file as URL in found {
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            paths.append(String(file.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count + 1)))
        }
        return paths
    }

    private static func mediaType(of path: String) -> String {
        switch path.split(separator: ".").last.map({ $0.lowercased() }) {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "json", "map": "application/json"
        case "webmanifest": "application/manifest+json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "ico": "image/x-icon"
        case "webp": "image/webp"
        case "woff2": "font/woff2"
        case "txt", "md": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
