import Foundation
import SemblanceCore
import SemblanceStore
import Testing

/// A database of its own on the server that `SEMBLANCE_TEST_DATABASE` names (`scripts/test-servers.sh` starts one).
/// Dropped when this goes: a suite keeps it, so that it is there until the test ends.
final class PostgresFixture: Sendable {
    /// Of a superuser.
    static let serverURL = ProcessInfo.processInfo.environment["SEMBLANCE_TEST_DATABASE"].flatMap {
        $0.isEmpty ? nil : $0
    }
    /// Without a server tests are skipped, except where continuous integration runs them: there they fail.
    static let isWanted = serverURL != nil || ProcessInfo.processInfo.environment["CI"] != nil

    /// Starts servers of a test's own.
    static let serversScript =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../../scripts/test-servers.sh"

    static let server = Result { () throws -> PostgresPool in
        let text = try #require(serverURL, "SEMBLANCE_TEST_DATABASE is not set")
        // Hundreds of tests begin at once, and each waits for its turn to make a database.
        return PostgresPool(
            PostgresConfiguration(
                url: try PostgresURL(text), connectionCount: 4, statementTimeLimit: .seconds(300),
                waitTimeLimit: .seconds(1800)))
    }

    let url: PostgresURL

    /// - Parameter options: of `CREATE DATABASE`.
    init(options: String = "") async throws {
        let server = try Self.server.get()
        let name = "test_" + Job.ID.random().rawValue
        try await server.withConnection { try $0.script("CREATE DATABASE \(name) \(options)") }
        url = server.configuration.url.with(["dbname": name])
    }

    deinit {
        let name = url.databaseName
        Task.detached {
            try await Self.server.get().withConnection { try $0.script("DROP DATABASE \(name) WITH (FORCE)") }
        }
    }

    /// Limits that end a test soon when something hangs.
    func configuration(
        connectionCount: Int = 4, statementTimeLimit: Duration = .seconds(60), writeRetryTime: Duration = .seconds(60)
    ) -> PostgresConfiguration {
        PostgresConfiguration(
            url: url, connectionCount: connectionCount, connectTimeLimit: .seconds(60),
            statementTimeLimit: statementTimeLimit, waitTimeLimit: .seconds(120), readRetryTime: .seconds(60),
            writeRetryTime: writeRetryTime)
    }

    /// The database with our tables.
    func open() async throws -> PostgresDatabase {
        try await PostgresDatabase.open(configuration(), schema: .migrate)
    }

    /// Runs statements as the superuser, on a connection of their own.
    func script(_ sql: String) async throws {
        let configuration = configuration()
        try await Self.server.get().withConnection { _ in
            try PostgresConnection(to: configuration.url, configuration).script(sql)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Needs PostgreSQL.
    static var postgres: ConditionTrait {
        .enabled(if: PostgresFixture.isWanted, "SEMBLANCE_TEST_DATABASE is not set: see scripts/test-servers.sh")
    }
}

/// Runs `body` and expects a store error with this code, and a message that mentions this.
func expectStoreError<Value>(
    _ code: StoreError.Code, mentioning text: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async {
    do {
        _ = try await body()
        Issue.record("expected '\(code.rawValue)', not success", sourceLocation: sourceLocation)
    } catch let error as StoreError {
        #expect(error.code == code, "\(error.underlying as Any)", sourceLocation: sourceLocation)
        #expect(text.isEmpty || error.message.contains(text), "\(error.message)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected '\(code.rawValue)', not \(error)", sourceLocation: sourceLocation)
    }
}
