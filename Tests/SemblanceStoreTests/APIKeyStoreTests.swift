import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct APIKeyStoreTests {
    @Test(arguments: APIKeyStoreContract.checks)
    func inMemoryStoreKeepsThePromise(_ check: ContractCheck<APIKeyStoreContract>) async throws {
        try await check.run(APIKeyStoreContract(store: InMemoryAPIKeyStore()))
    }

    @Test(arguments: APIKeyStoreContract.checks)
    func sqliteStoreKeepsThePromise(_ check: ContractCheck<APIKeyStoreContract>) async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(path: folder.path("semblance.sqlite"), role: .writer)
        try await check.run(APIKeyStoreContract(store: SQLiteAPIKeyStore(database: database)))
    }

    @Test func secretsAreNotInTheFile() async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(path: folder.path("semblance.sqlite"), role: .writer)
        let (key, secret) = APIKey.make(name: "k", scope: .admin)
        try await SQLiteAPIKeyStore(database: database).insert(key)
        try database.close()
        let bytes = try #require(FileContents(folder.path("semblance.sqlite")))
        #expect(bytes.contains(key.secretHash.bytes))
        #expect(!bytes.contains(Array(secret.utf8)))
        #expect(!bytes.contains(Array(secret.dropFirst(4).utf8)))
    }
}
