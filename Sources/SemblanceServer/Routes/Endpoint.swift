import Hummingbird
import SemblanceCore

/// One route: where it is, who may use it, what documents it, and what answers.
///
/// Routes are data so that the router, the OpenAPI document and the list of a path's methods cannot disagree.
struct Endpoint: Sendable {
    let method: HTTPRequest.Method
    /// With parameters in braces: `/v1/jobs/{job}`.
    let path: String
    /// `nil` lets in clients without a key, whatever the server's address.
    let scope: APIKey.Scope?
    let operation: Operation
    let respond: @Sendable (Request, ServerContext) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, scope: APIKey.Scope?, _ operation: Operation,
        respond: @escaping @Sendable (Request, ServerContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.scope = scope
        self.operation = operation
        self.respond = respond
    }

    /// Names of the parameters in the path, in order.
    var parameterNames: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    func register(on router: Router<ServerContext>) {
        let (scope, respond) = (self.scope, self.respond)
        router.on(RouterPath(path), method: method) { request, context in
            try context.require(scope)
            return try await respond(request, context)
        }
    }
}

/// A part of the API.
protocol EndpointGroup: Sendable {
    var endpoints: [Endpoint] { get }
}
