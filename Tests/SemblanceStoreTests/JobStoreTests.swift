import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct JobStoreTests {
    @Test(arguments: JobStoreContract.checks)
    func inMemoryStoreKeepsThePromise(_ check: ContractCheck<JobStoreContract>) async throws {
        let store = InMemoryJobStore()
        try await check.run(JobStoreContract(store: store, reopen: { store.reopened() }))
    }

    @Test(arguments: JobStoreContract.checks)
    func sqliteStoreKeepsThePromise(_ check: ContractCheck<JobStoreContract>) async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(path: folder.path("semblance.sqlite"), role: .writer)
        try await check.run(
            JobStoreContract(store: SQLiteJobStore(database: database)) {
                try database.close()
                let next = try await SQLiteDatabase.open(path: folder.path("semblance.sqlite"), role: .writer)
                return SQLiteJobStore(database: next)
            })
    }
}
