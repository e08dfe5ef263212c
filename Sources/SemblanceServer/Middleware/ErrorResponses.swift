import HTTPTypes
import Hummingbird
import Logging
import SemblanceCore

/// Turns every error into problem JSON, and a path that answers other methods into 405 or, for OPTIONS, their list.
struct ErrorResponses: RouterMiddleware {
    let paths: RoutePaths

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let isUnrouted = context.endpointPath == nil || context.endpointPath == "NotFound"
            if isUnrouted, let answer = otherMethods(request) { return answer }
            return answer(error, to: request, context)
        }
    }

    private func answer(_ error: any Error, to request: Request, _ context: ServerContext) -> Response {
        let problem = Problem(error)
        let underlying = (error as? any PublicError)?.underlying
        // 503 without a cause is an answer, not a fault: too much at once, still starting, already stopping.
        if problem.status.code >= 500, problem.status != .serviceUnavailable || underlying != nil {
            let cause = underlying ?? error
            context.logger.error("request failed", metadata: ["code": "\(problem.code)", "error": "\(cause)"])
        }
        var response = problem.response()
        if request.hasUnreadBody {
            response.headers[.connection] = "close"
            context.closeConnection()
        }
        return response
    }

    private func otherMethods(_ request: Request) -> Response? {
        let methods = paths.methods(at: request.uri.path)
        guard !methods.isEmpty else { return nil }
        if request.method == .options {
            return Response(status: .noContent, headers: [.allow: methods.joined(separator: ", ")])
        }
        var problem = Problem(
            ServerError(
                .methodNotAllowed,
                "This path answers \(methods.joined(separator: ", ")), not \(request.method.rawValue.prefix(20))."))
        problem.allowed = methods
        return problem.response()
    }
}

extension Request {
    /// Whether a body was announced that is too large to be read for nothing.
    fileprivate var hasUnreadBody: Bool {
        if headers[.transferEncoding] != nil { return true }
        guard let text = headers[.contentLength], let count = Int(text) else { return false }
        return count > 1 << 16
    }
}
