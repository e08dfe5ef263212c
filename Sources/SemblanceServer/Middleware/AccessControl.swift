import HTTPTypes
import Hummingbird
import SemblanceCore

/// Finds out what a client may do: by its key, or because none is needed here.
struct AccessControl: RouterMiddleware {
    let keys: any APIKeyStore
    let requiresKey: Bool
    let origins: OriginGuard

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let secret = request.apiKeySecret {
            context.scope = try await scope(of: secret)
        } else {
            try origins.checkUnlessKeyed(request, requiresKey: requiresKey)
            context.scope = requiresKey ? nil : .admin
        }
        return try await next(request, context)
    }

    /// A key that was sent must be right, even where none is needed: a wrong one is a mistake to hear of.
    private func scope(of secret: String) async throws -> APIKey.Scope {
        let hash = ContentHash(hashing: secret.utf8)
        guard secret.utf8.count <= 256, let key = try await keys.key(withSecretHash: hash) else {
            throw RequestError(
                .unauthorised, "The API key is not known here; 'semblance keys list' shows those that are.")
        }
        return key.scope
    }
}

extension Request {
    /// The key that was sent, right or wrong.
    var apiKeySecret: String? {
        if let key = headers[.apiKey] { return key }
        guard let header = headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return header }
        return String(parts[1])
    }
}

extension OriginGuard {
    /// Where every route that matters needs a key, requests without one reach nothing that another page could abuse,
    /// and the server is meant to be reached by a name.
    fileprivate func checkUnlessKeyed(_ request: Request, requiresKey: Bool) throws {
        if !requiresKey { try check(request) }
    }
}

extension ServerContext {
    /// - Throws: `RequestError` with `unauthorised` or `forbidden`.
    func require(_ needed: APIKey.Scope?) throws {
        guard let needed else { return }
        guard let scope else {
            throw RequestError(
                .unauthorised,
                "This server needs an API key: send 'Authorization: Bearer …'; 'semblance keys create' makes one.")
        }
        guard scope >= needed else {
            throw RequestError(
                .forbidden, "This needs a key with the scope '\(needed.rawValue)', not '\(scope.rawValue)'.")
        }
    }
}
