import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// The promises of every store, kept by PostgreSQL. Each has a database of its own.
@Suite(.postgres, .serialized) struct PostgresContractTests {
    private let fixture: PostgresFixture

    init() async throws {
        fixture = try await PostgresFixture()
    }

    @Test(arguments: CatalogueStoreContract.checks)
    func catalogueStoreKeepsThePromise(_ check: ContractCheck<CatalogueStoreContract>) async throws {
        let database = try await fixture.open()
        try await check.run(
            CatalogueStoreContract(store: PostgresCatalogueStore(database: database)) {
                database.close()
                return PostgresCatalogueStore(database: try await fixture.open())
            })
    }

    @Test(arguments: JobStoreContract.checks)
    func jobStoreKeepsThePromise(_ check: ContractCheck<JobStoreContract>) async throws {
        let database = try await fixture.open()
        let store = PostgresJobStore(database: database)
        try await check.run(
            JobStoreContract(store: store) {
                // The process that had the jobs is gone for as long as a lease.
                try await database.write { try $0.script("UPDATE jobs SET lease_until = now() - interval '1 s'") }
                return PostgresJobStore(database: database)
            })
    }

    @Test(arguments: APIKeyStoreContract.checks)
    func apiKeyStoreKeepsThePromise(_ check: ContractCheck<APIKeyStoreContract>) async throws {
        try await check.run(APIKeyStoreContract(store: PostgresAPIKeyStore(database: try await fixture.open())))
    }
}
