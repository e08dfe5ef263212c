import SemblanceCore
import Testing

/// What every `APIKeyStore` promises.
public struct APIKeyStoreContract: Sendable {
    /// An empty store.
    let store: any APIKeyStore

    public init(store: any APIKeyStore) {
        self.store = store
    }

    public static let checks: [ContractCheck<APIKeyStoreContract>] = [
        ContractCheck("finds a key by the hash of its secret") {
            let (key, secret) = APIKey.make(name: "camera é", scope: .write)
            try await $0.store.insert(APIKey.make(name: "other", scope: .admin).key)
            try await $0.store.insert(key)
            let found = try await $0.store.key(withSecretHash: ContentHash(hashing: Array(secret.utf8)))
            #expect(found?.id == key.id && found?.name == key.name && found?.scope == key.scope)
            #expect(try await $0.store.key(withSecretHash: ContentHash(hashing: Array((secret + "0").utf8))) == nil)
        },
        ContractCheck("lists keys in the order they were made") {
            let keys = APIKey.Scope.allCases.map { APIKey.make(name: "\($0)", scope: $0).key }
            for key in keys { try await $0.store.insert(key) }
            #expect(try await $0.store.keys().map(\.id) == keys.map(\.id))
        },
        ContractCheck("a revoked key opens nothing") {
            let (store, key) = ($0.store, APIKey.make(name: "k", scope: .read).key)
            let kept = APIKey.make(name: "kept", scope: .read).key
            for key in [key, kept] { try await store.insert(key) }
            try await store.revoke(key.id)
            #expect(try await store.key(withSecretHash: key.secretHash) == nil)
            #expect(try await store.keys().map(\.id) == [kept.id])
            await expectStoreError(.unknownKey) { try await store.revoke(key.id) }
            await expectStoreError(.unknownKey) { try await store.revoke(kept.id + "\0") }
        },
    ]
}
