import Foundation
import SemblanceCore
import SemblanceStore
import Testing

/// A database of one test on the PostgreSQL server that tests share. `scripts/test-servers.sh` starts that.
struct TestDatabase {
    private static let server = ProcessInfo.processInfo.environment["SEMBLANCE_TEST_DATABASE"] ?? ""

    /// Without a server tests are skipped, but never by continuous integration.
    static let isWanted = !server.isEmpty || ProcessInfo.processInfo.environment["CI"] != nil
    static let reason: Comment = "SEMBLANCE_TEST_DATABASE names no PostgreSQL server; see scripts/test-servers.sh"

    let url: String
    private let name = "test_" + Job.ID.random().rawValue

    init() async throws {
        try #require(!Self.server.isEmpty, Self.reason)
        var components = try #require(URLComponents(string: Self.server))
        components.path = "/" + name
        url = try #require(components.string)
        try await Self.run("CREATE DATABASE \(name)")
    }

    func drop() async throws {
        try await Self.run("DROP DATABASE \(name) WITH (FORCE)")
    }

    private static func run(_ sql: String) async throws {
        let pool = PostgresPool(PostgresConfiguration(url: try PostgresURL(server), connectionCount: 1))
        try await pool.withConnection { try $0.script(sql) }
        pool.close()
    }
}
