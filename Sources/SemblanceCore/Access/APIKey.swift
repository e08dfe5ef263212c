import Foundation

/// A key that lets a client use the HTTP API. The secret itself is never stored, only its hash.
public struct APIKey: Hashable, Sendable, Codable {
    /// What a key may do; each scope includes those before it.
    public enum Scope: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
        case read, write, admin

        public static func < (left: Scope, right: Scope) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }

    /// Eight hexadecimal digits, shown in lists and used to revoke.
    public let id: String
    /// The user's name for it.
    public let name: String
    public let scope: Scope
    /// SHA-256 of the secret, which is 256 random bits: no slow hash is needed.
    public let secretHash: ContentHash
    public let createdAt: Date

    public init(id: String, name: String, scope: Scope, secretHash: ContentHash, createdAt: Date) {
        self.id = id
        self.name = name
        self.scope = scope
        self.secretHash = secretHash
        self.createdAt = createdAt
    }

    /// Makes a key and its secret, which is shown once: `sem_` and 64 hexadecimal digits.
    public static func make(name: String, scope: Scope) -> (key: APIKey, secret: String) {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let secret = "sem_" + ContentHash(bytes: random).hexadecimal
        let hash = ContentHash(hashing: Array(secret.utf8))
        let key = APIKey(
            id: String(hash.hexadecimal.prefix(8)), name: name, scope: scope, secretHash: hash, createdAt: Date())
        return (key, secret)
    }
}

/// Keys at rest. Calls do not block the cooperative pool.
public protocol APIKeyStore: Sendable {
    func insert(_ key: APIKey) async throws
    func keys() async throws -> [APIKey]
    /// The key with this secret's hash, or `nil`.
    func key(withSecretHash hash: ContentHash) async throws -> APIKey?
    /// - Throws: `StoreError` with `key-unknown`.
    func revoke(_ id: String) async throws
}
