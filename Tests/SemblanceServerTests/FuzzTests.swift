import HummingbirdTesting
import SemblanceServer
import SemblanceTesting
import Testing

/// The server against inputs that schemathesis makes up from its OpenAPI document: `pip install schemathesis`.
@Suite struct FuzzTests {
    /// What a schema cannot say, such as that x + width is at most 1, makes valid-looking input that is rightly refused;
    /// so that one check is left out. All others are made: no 5xx, only documented statuses, types and shapes.
    private static let arguments = [
        "--seed", "20261122", "--max-examples", "10", "--workers", "1", "--no-color", "--exclude-checks",
        "positive_data_acceptance",
    ]

    @Test(.enabled("schemathesis is not installed") { Tool.isExpected("schemathesis") }, .timeLimit(.minutes(10)))
    func answersWhateverIsSentAsDocumented() async throws {
        let tool = try #require(Tool(named: "schemathesis"))
        let fixture = try ServerFixture(.init(port: 0, maximumPollDuration: .seconds(1)))
        fixture.readiness.markReady()
        try await fixture.run(.live) { client async throws in
            try await client.upload(.pictures(0..<5))
            let folder = try TemporaryFolder()
            let address = "http://127.0.0.1:\(try #require(client.port))/openapi.json"
            let result = try await tool.run(["run", address] + Self.arguments, in: folder.path)
            #expect(result.status == 0, "\(result.output.suffix(20_000))")
        }
    }
}
