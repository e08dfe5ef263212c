import Foundation
import HTTPTypes
import Hummingbird
import SemblanceCore

/// Serves image files that came from strangers.
///
/// The type is fixed by what was decoded, never sniffed and never the client's; a sandbox without rights keeps a file
/// that is also a web page or a script from acting as one.
struct PictureResponse: Sendable {
    static let policy = "default-src 'none'; sandbox"

    let mediaType: String
    /// Changes whenever the bytes do.
    let tag: String
    /// Whether the bytes at this URL can never change.
    let isImmutable: Bool
    /// What a browser saves the file as.
    let name: String?

    /// The file, or 304 if the client has it already.
    /// - Parameter body: streams it in pieces from a thread pool.
    func response(to request: Request, _ body: () async throws -> ResponseBody) async throws -> Response {
        let quoted = "\"\(tag)\""
        var headers: HTTPFields = [
            .eTag: quoted, .cacheControl: isImmutable ? "private, max-age=31536000, immutable" : "private, no-cache",
            .contentSecurityPolicy: Self.policy, .xContentTypeOptions: "nosniff",
        ]
        if EntityTag.matches(request.headers[.ifNoneMatch], quoted) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = mediaType
        if let name { headers[.contentDisposition] = "inline; filename*=UTF-8''\(PercentEncoding.encode(name))" }
        return Response(status: .ok, headers: headers, body: try await body())
    }
}

/// Comparison of entity tags, RFC 9110, section 13.1.2.
enum EntityTag {
    static func matches(_ header: String?, _ tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains {
            let candidate = $0.trimmingCharacters(in: .whitespaces)
            return candidate == "*" || candidate == tag || candidate == "W/" + tag
        }
    }
}
