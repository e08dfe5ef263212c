import Foundation
import SemblanceCore
import SemblanceStore
import Testing

@Suite(.postgres, .serialized) struct PostgresConnectionTests {
    private let fixture: PostgresFixture

    init() async throws {
        fixture = try await PostgresFixture()
    }

    @Test func valuesGoThereAndBack() async throws {
        let database = try await fixture.open()
        try await database.read { connection in
            let texts: [String?] = ["", nil, "é\u{1F600}", "it's", "$1"]
            let bytes: [[UInt8]] = [[], [0, 255, 92], Array(repeating: 7, count: 100_000)]
            let row = try #require(
                connection.query(
                    "SELECT $1, $2, $3, $4, $5, $6, $7::vector, $8, cardinality($9), $10[2], $10[3], $11[2], $12[3], $13[2]",
                    [
                        .bool(true), .integer(Int64.min), .real(-0.1), .text(texts[2]!), .bytes(bytes[1]), .null,
                        .vector([1, -2.5, 3e-30]), .text(""), .integers([]), .texts(texts), .bools([true, false]),
                        .byteStrings(bytes), .vectors([[1, 2], [3, 4]]),
                    ]
                ).first)
            #expect(try row[0] == true)
            #expect(try row[1] == Int64.min)
            #expect(try row[2] == -0.1)
            #expect(try row[3] == texts[2]!)
            #expect(try row[4] == bytes[1])
            #expect(try row.optional(5) as String? == nil)
            #expect(try (row[6] as Embedding).values == [1, -2.5, 3e-30])
            #expect(try row[7] == "")
            #expect(try row[8] == 0)
            #expect(try row.optional(9) as String? == nil)
            #expect(try row[10] == texts[2]!)
            #expect(try row[11] == false)
            #expect(try row[12] == bytes[2])
            #expect(try (row[13] as Embedding).values == [3, 4])
        }
    }

    @Test func valuesOfAnotherTypeAreRefused() async throws {
        let database = try await fixture.open()
        try await database.read { connection in
            let row = try #require(connection.query("SELECT 'abc', NULL::int8", isPrepared: false).first)
            #expect(throws: PostgresFailure.self) { try row[0] as Int }
            #expect(throws: PostgresFailure.self) { try row[1] as Int }
        }
    }

    @Test func copiesManyRows() async throws {
        let database = try await fixture.open()
        let count = 20_000
        let total = try await database.write { connection -> Int in
            try connection.script("CREATE TABLE t (a int8, b text, c bytea, d vector(3))")
            let copied = try connection.copy("COPY t FROM STDIN (FORMAT binary)") { copy in
                for number in 0..<count {
                    try copy.begin(columnCount: 4)
                    copy.write(Int64(number))
                    copy.write("row \(number)")
                    number % 2 == 0 ? copy.writeNull() : copy.write([UInt8(number % 256), 0])
                    copy.write([Float(number), 1, 2])
                }
            }
            #expect(copied == count)
            let row = try connection.query("SELECT b, c, d FROM t WHERE a = 777")[0]
            #expect(try row[0] == "row 777")
            #expect(try row[1] == [UInt8(777 % 256), 0])
            #expect(try (row[2] as Embedding).values == [777, 1, 2])
            return try connection.query("SELECT count(*) FROM t")[0][0]
        }
        #expect(total == count)
    }

    @Test func aCopyThatIsGivenUpLeavesNothingAndAConnectionThatWorks() async throws {
        struct GivenUp: Error {}
        let database = try await fixture.open()
        try await database.read { connection in
            try connection.script("CREATE TEMP TABLE t (a int8)")
            #expect(throws: GivenUp.self) {
                try connection.copy("COPY t FROM STDIN (FORMAT binary)") { copy in
                    try copy.begin(columnCount: 1)
                    copy.write(1)
                    throw GivenUp()
                }
            }
            // A row that does not fit is the server's refusal.
            #expect(throws: PostgresFailure.self) {
                try connection.copy("COPY t FROM STDIN (FORMAT binary)") { try $0.begin(columnCount: 7) }
            }
            #expect(try connection.query("SELECT count(*) FROM t")[0][0] == 0)
        }
    }

    @Test func manyTextsOfStatementsDoNotFillTheServer() async throws {
        let database = try await fixture.open()
        try await database.read { connection in
            for number in 0..<600 { #expect(try connection.query("SELECT \(number)")[0][0] == number) }
            let held: Int = try connection.query("SELECT count(*) FROM pg_prepared_statements")[0][0]
            #expect(held <= 256)
        }
    }

    @Test func workWaitsForAConnectionAndIsRefusedInTime() async throws {
        var configuration = fixture.configuration(connectionCount: 2)
        configuration.waitTimeLimit = .milliseconds(200)
        let pool = PostgresPool(configuration)
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 { group.addTask { try await pool.withConnection { try $0.script("SELECT pg_sleep(5)") } } }
            // Both connections are busy now or will be before this one's turn.
            while try await fixture.sleeperCount() < 2 { await Task.yield() }
            await expectStoreError(.busy) { try await pool.withConnection { try $0.script("SELECT 1") } }
            try await group.waitForAll()
        }
        try await pool.withConnection { try $0.script("SELECT 1") }
    }

    @Test func workThatWaitsCanBeCancelled() async throws {
        let pool = PostgresPool(fixture.configuration(connectionCount: 1))
        let sleeper = Task { try await pool.withConnection { try $0.script("SELECT pg_sleep(3)") } }
        while try await fixture.sleeperCount() < 1 { await Task.yield() }
        let waiting = Task { try await pool.withConnection { try $0.script("SELECT 1") } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await sleeper.value
    }
}

extension PostgresFixture {
    /// Connections that sleep in this database.
    func sleeperCount() async throws -> Int {
        let name = url.databaseName
        return try await Self.onServer { connection in
            try connection.query(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'PgSleep'", [.text(name)])[
                    0][0]
        }
    }

    /// Runs statements on the server's own database.
    static func onServer<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await server.get().withConnection(body)
    }
}
