import SemblanceCore

/// Keys in memory.
public actor InMemoryAPIKeyStore: APIKeyStore {
    private var rows: [APIKey] = []

    public init() {}

    public func insert(_ key: APIKey) { rows.append(key) }

    public func keys() -> [APIKey] { rows }

    public func key(withSecretHash hash: ContentHash) -> APIKey? { rows.first { $0.secretHash == hash } }

    public func revoke(_ id: String) throws {
        guard rows.contains(where: { $0.id == id }) else {
            throw StoreError(.unknownKey, "There is no key '\(id.prefix(40))'; 'semblance keys list' shows all.")
        }
        rows.removeAll { $0.id == id }
    }
}
