import HTTPTypes
import Hummingbird

/// Adds the headers that keep a browser from doing more with a response than was meant.
///
/// A route that set one of them itself keeps its own.
struct SecurityHeaders: RouterMiddleware {
    /// For everything that is not the page: it may load nothing and run nothing.
    static let dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"
    /// For the page: its own scripts and styles, its own and just-picked pictures, and nothing inline.
    static let pagePolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
        font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
        frame-ancestors 'none'
        """

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for (name, value) in Self.headers where response.headers[name] == nil { response.headers[name] = value }
        return response
    }

    private static let headers: [(HTTPField.Name, String)] = [
        (.xContentTypeOptions, "nosniff"), (.contentSecurityPolicy, dataPolicy), (.frameOptions, "DENY"),
        (.referrerPolicy, "no-referrer"), (.resourcePolicy, "same-origin"), (.openerPolicy, "same-origin"),
        (.permissionsPolicy, "camera=(), geolocation=(), microphone=()"), (.cacheControl, "no-store"),
    ]
}
