import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct OriginalClaimsTests {
    @Test(arguments: OriginalClaimsContract.checks)
    func inProcessClaimsKeepThePromise(_ check: ContractCheck<OriginalClaimsContract>) async throws {
        let claims = InProcessOriginalClaims()
        try await check.run(OriginalClaimsContract(claims: claims, others: claims) { _ in })
    }
}

@Suite(.postgres, .serialized) struct PostgresOriginalClaimsTests {
    private let fixture: PostgresFixture

    init() async throws {
        fixture = try await PostgresFixture()
    }

    @Test(arguments: OriginalClaimsContract.checks)
    func postgresClaimsKeepThePromise(_ check: ContractCheck<OriginalClaimsContract>) async throws {
        let database = try await fixture.open()
        let store = PostgresCatalogueStore(database: database)
        let space = Samples.space(in: try await store.createCatalogue(named: "c", modelID: "m").id)
        let image = Samples.image(1)
        try await check.run(
            OriginalClaimsContract(
                claims: PostgresOriginalClaims(database: database), others: PostgresOriginalClaims(database: database)
            ) { hash in
                #expect(hash == image.hash)
                _ = try await store.add([image], to: space)
            })
    }

    @Test func aDeadProcessHoldsNothingAfterItsLease() async throws {
        let database = try await fixture.open()
        let (dead, live) = (
            PostgresOriginalClaims(database: database, lease: .milliseconds(1)),
            PostgresOriginalClaims(database: database)
        )
        try await dead.claim([Samples.hash(1)])
        try await live.claim([Samples.hash(2)])
        try await database.write { try $0.script("SELECT pg_sleep(0.01)") }
        let deletion = { @Sendable () async throws -> [ContentHash] in [Samples.hash(1), Samples.hash(2)] }
        try await live.remove(after: deletion, on: ThreadPool(name: "t", threadCount: 1)) {
            #expect($0 == Samples.hash(1))
        }
        let left = try await database.read { try $0.query("SELECT hash FROM claims").map { try $0[0] as ContentHash } }
        #expect(left == [Samples.hash(2)])
    }

    @Test func noRowIsWrittenWithoutTheClaimThatKeptItsFile() async throws {
        let database = try await fixture.open()
        let claims = PostgresOriginalClaims(database: database)
        let store = PostgresCatalogueStore(database: database, claims: claims)
        let space = Samples.space(in: try await store.createCatalogue(named: "c", modelID: "m").id)
        await expectStoreError(.busy) { try await store.add([Samples.image(1)], to: space) }
        try await claims.claim([Samples.hash(1)])
        _ = try await store.add([Samples.image(1), Samples.image(2, inPlace: "/a")], to: space)
        try await claims.claim([Samples.hash(3)])
        try await database.write { try $0.script("UPDATE claims SET lease_until = now() - interval '1 s'") }
        await expectStoreError(.busy) { try await store.add([Samples.image(3)], to: space) }
        #expect(try await store.imageCount(in: space.catalogueID, matching: nil) == 2)
    }
}
