import Hummingbird
import SemblanceCore

/// An error as a client sees it: RFC 9457 problem JSON.
struct Problem: JSONWritable {
    let status: HTTPResponse.Status
    let code: String
    /// A sentence that a person can act on.
    let detail: String
    var retryAfter: Int?
    /// Methods that the path does answer, for 405.
    var allowed: [String] = []

    /// What a client may know of any error. Text of unknown errors is for the log only.
    init(_ error: any Error) {
        switch error {
        case let error as any PublicError:
            self.init(ErrorStatus.status(of: error), error.publicCode, error.message)
            retryAfter = ErrorStatus.retryAfter(error)
        case let error as any HTTPResponseError where error.status.code == 413:
            self.init(.contentTooLarge, RequestError.Code.tooLarge.rawValue, "The request's body is too large.")
        case let error as any HTTPResponseError where error.status.code == 404:
            self.init(.notFound, RequestError.Code.notFound.rawValue, "There is nothing at this path.")
        case let error as any HTTPResponseError where (400..<500).contains(error.status.code):
            self.init(error.status, RequestError.Code.invalidQuery.rawValue, "The request could not be understood.")
        case is CancellationError:
            self.init(ServerError(.stopping, "The server is stopping; try again in a moment."))
        default:
            self.init(
                .internalServerError, "internal",
                "An unexpected error; the server's log has more under this request's id.")
        }
    }

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("type", "/problems/\(code)")
            $0.member("title", status.reasonPhrase)
            $0.member("status", status.code)
            $0.member("detail", detail)
            $0.member("code", code)
        }
    }

    func response() -> Response {
        var response = Response.json(self, status: status)
        response.headers[.contentType] = "application/problem+json"
        response.headers[.cacheControl] = "no-store"
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        if !allowed.isEmpty { response.headers[.allow] = allowed.joined(separator: ", ") }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer realm=\"semblance\"" }
        return response
    }
}
