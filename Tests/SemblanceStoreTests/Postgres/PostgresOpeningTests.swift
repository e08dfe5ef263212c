import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// What is said about servers and databases that cannot be used.
@Suite(.postgres, .serialized) struct PostgresOpeningTests {
    private let fixture: PostgresFixture

    init() async throws {
        fixture = try await PostgresFixture()
    }

    private func open(
        _ changes: [String: String] = [:], schema: PostgresDatabase.SchemaPolicy = .migrate,
        acceptsOlderExtension: Bool = false, connectTimeLimit: Duration = .seconds(60)
    ) async throws -> PostgresDatabase {
        var configuration = fixture.configuration()
        configuration.connectTimeLimit = connectTimeLimit
        configuration.url = fixture.url.with(changes)
        configuration.acceptsOlderExtension = acceptsOlderExtension
        return try await PostgresDatabase.open(configuration, schema: schema)
    }

    @Test func processesThatMigrateAtOnceTakeTurns() async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<6 { group.addTask { try await self.open().close() } }
            try await group.waitForAll()
        }
        let versions = try await open(schema: .require).read { connection in
            try connection.query("SELECT version FROM schema_version ORDER BY version").map { try $0[0] as Int }
        }
        #expect(versions == Array(1...PostgresSchema.steps.count))
    }

    @Test func onlyWhoMayMigrateMakesTables() async throws {
        await expectStoreError(.olderSchema, mentioning: "semblance db init") { try await open(schema: .require) }
        try await open().close()
        try await open(schema: .require).close()
    }

    @Test func aNewerSchemaIsLeftAlone() async throws {
        try await open().close()
        try await fixture.script("INSERT INTO semblance.schema_version (version) VALUES (1000)")
        for policy in [PostgresDatabase.SchemaPolicy.migrate, .require] {
            await expectStoreError(.newerSchema, mentioning: "schema 1000") { try await open(schema: policy) }
        }
    }

    @Test func anotherProgramsSchemaIsLeftAlone() async throws {
        try await fixture.script("CREATE SCHEMA semblance; CREATE TABLE semblance.theirs (a int)")
        await expectStoreError(.damaged, mentioning: "schema 'semblance'") { try await open() }
    }

    @Test func aWrongPasswordIsToldWithoutThePassword() async throws {
        await expectStoreError(.databaseDenied, mentioning: "password") { try await open(["password": "wr0ng"]) }
        await expectStoreError(.databaseDenied) { try await open(["user": "nobody_here"]) }
        await expectStoreError(.databaseDenied) { try await open(["password": ""]) }
        do { _ = try await open(["password": "wr0ng"]) } catch let error as StoreError {
            #expect(!"\(error.message) \(error.underlying as Any)".contains("wr0ng"))
        }
    }

    @Test func aDatabaseThatIsNotThereIsNamed() async throws {
        await expectStoreError(.databaseUnknown, mentioning: "'no_such_database'") {
            try await open(["dbname": "no_such_database"])
        }
    }

    @Test func aServerThatIsNotThereIsToldAtOnce() async throws {
        let start = ContinuousClock.now
        await expectStoreError(.unavailable, mentioning: "127.0.0.1:1") {
            try await open(["host": "127.0.0.1", "port": "1"])
        }
        await expectStoreError(.unavailable, mentioning: "no-such-host.invalid") {
            try await open(["host": "no-such-host.invalid"])
        }
        #expect(.now - start < .seconds(30))
    }

    @Test func aServerThatSaysNothingIsGivenUp() async throws {
        let port = try #require(UInt16(fixture.url.parameters["port"] ?? ""))
        let proxy = try FaultyProxy(to: port)
        defer { proxy.close() }
        proxy.swallow()
        let start = ContinuousClock.now
        let limit = Duration.seconds(2)
        await expectStoreError(.unavailable) {
            try await open(["host": "127.0.0.1", "port": String(proxy.port)], connectTimeLimit: limit)
        }
        #expect(.now - start < .seconds(30))
        // The next host of the list is asked all the same.
        let both = ["host": "127.0.0.1,127.0.0.1", "port": "\(proxy.port),\(port)"]
        try await open(both, connectTimeLimit: limit).close()
    }

    /// Its connection is ended once, though it is made and then of no use: again and again, until the time is up.
    @Test func aServerThatLetsInAndHangsUpIsGivenUp() async throws {
        let server = try HangingUpServer()
        defer { server.close() }
        await expectStoreError(.unavailable) {
            try await open(["host": "127.0.0.1", "port": String(server.port), "sslmode": "disable"])
        }
        #expect(server.connectionCount > 1)
    }

    @Test func pgvectorThatIsTooOldIsRefusedUnlessItIsPutUpWith() async throws {
        try await open().close()
        try await fixture.script("UPDATE pg_extension SET extversion = '0.8.3' WHERE extname = 'vector'")
        await expectStoreError(.databaseExtension, mentioning: "0.8.4 or later is needed, not 0.8.3") {
            try await open()
        }
        try await open(acceptsOlderExtension: true).close()
        try await fixture.script("UPDATE pg_extension SET extversion = '0.10.0' WHERE extname = 'vector'")
        try await open().close()
    }

    @Test func pgvectorThatWentAwayIsMissed() async throws {
        try await open().close()
        try await fixture.script("DROP EXTENSION vector")
        await expectStoreError(.databaseExtension, mentioning: "pgvector") { try await open(schema: .require) }
    }

    @Test func aUserWhoMayNotCreateTheExtensionIsToldWhatToAskFor() async throws {
        let role = "role_" + fixture.url.databaseName
        let (name, password) = (fixture.url.databaseName, "pw")
        try await fixture.script(
            "CREATE ROLE \(role) LOGIN PASSWORD '\(password)'; GRANT CREATE ON DATABASE \(name) TO \(role)")
        let user = ["user": role, "password": password]
        await expectStoreError(.databaseExtension, mentioning: "CREATE EXTENSION vector") {
            try await open(user)
        }
        // With the extension there, an ordinary user with CREATE on the database is all that is needed.
        try await fixture.script("CREATE EXTENSION vector SCHEMA public")
        let database = try await open(user)
        let store = PostgresCatalogueStore(database: database)
        let space = Samples.space(in: try await store.createCatalogue(named: "c", modelID: "m").id)
        #expect(try await store.add([Samples.image(1)], to: space).count == 1)
        database.close()
        try await fixture.script("REASSIGN OWNED BY \(role) TO CURRENT_USER; DROP OWNED BY \(role); DROP ROLE \(role)")
    }

    @Test func aUserWithoutRightsIsToldWhichAreNeeded() async throws {
        let role = "role_" + fixture.url.databaseName
        try await fixture.script("CREATE EXTENSION vector SCHEMA public; CREATE ROLE \(role) LOGIN PASSWORD 'pw'")
        await expectStoreError(.databaseDenied, mentioning: "CREATE") {
            try await open(["user": role, "password": "pw"])
        }
        try await fixture.script("DROP ROLE \(role)")
    }

    @Test func theExtensionMayBeInAnySchema() async throws {
        try await fixture.script(
            "CREATE SCHEMA \"Their Extensions\"; CREATE EXTENSION vector SCHEMA \"Their Extensions\"")
        let store = PostgresCatalogueStore(database: try await open())
        let space = Samples.space(in: try await store.createCatalogue(named: "c", modelID: "m").id)
        let added = try await store.add([Samples.image(1)], to: space)
        #expect(try await store.embeddings(of: added.map(\.id), in: space).first?.1 == Samples.embedding(1))
    }

    @Test func anotherEncodingIsRefused() async throws {
        let latin = try await PostgresFixture(
            options: "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
        await expectStoreError(.databaseUnsupported, mentioning: "UTF8, not LATIN1") { try await latin.open() }
        withExtendedLifetime(latin) {}
    }
}
