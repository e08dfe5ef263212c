import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct CatalogueStoreTests {
    @Test(arguments: CatalogueStoreContract.checks)
    func inMemoryStoreKeepsThePromise(_ check: ContractCheck<CatalogueStoreContract>) async throws {
        let store = InMemoryCatalogueStore()
        try await check.run(CatalogueStoreContract(store: store, reopen: { store }))
    }

    @Test(arguments: CatalogueStoreContract.checks)
    func sqliteStoreKeepsThePromise(_ check: ContractCheck<CatalogueStoreContract>) async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(path: folder.path("semblance.sqlite"), role: .writer)
        try await check.run(
            CatalogueStoreContract(store: SQLiteCatalogueStore(database: database)) {
                try database.close()
                let next = try await SQLiteDatabase.open(path: folder.path("semblance.sqlite"), role: .writer)
                return SQLiteCatalogueStore(database: next)
            })
    }
}
