import SemblanceCore
import SemblanceStore
import Testing

@Suite struct PostgresURLTests {
    @Test func readsWhatLibpqReads() throws {
        let url = try PostgresURL("postgres://ann:p%40ss@db.example:5433/pictures?sslmode=require")
        #expect(url.databaseName == "pictures")
        #expect(url.parameters["password"] == "p@ss")
        #expect(url.parameters["sslmode"] == "require")
        #expect(url.description == "postgres://ann@db.example:5433/pictures")
        #expect(try PostgresURL("postgresql:///pictures?host=/run/postgresql").parameters["host"] == "/run/postgresql")
    }

    @Test(arguments: [
        "", "postgres", "postgres://", "postgres://host", "postgres://host/", "http://host/db", "mysql://host/db",
        "host=localhost dbname=x", "postgres://u:secret@[::1/db", "postgres://u:secret@host:port/db",
        "postgres://u:secret@host:0/db", "postgres://u:secret@host:65536/db", "postgres://u:secret@host/db?colour=red",
        "postgres://u:se%zzcret@host/db", "postgres://u:secret@host/db\0",
    ])
    func refusesOthersWithoutShowingThePassword(_ text: String) throws {
        let error = #expect(throws: StoreError.self) { try PostgresURL(text) }
        #expect(error?.code == .invalidDatabaseURL)
        let shown = "\(error.map { "\($0.message) \($0.underlying as Any)" } ?? "")"
        #expect(!shown.contains("secret") && !shown.contains("cret@"))
    }

    @Test func triesHostsInTurn() throws {
        let url = try PostgresURL("postgres://u@one:1,two:2,three:3/db")
        #expect(url.targets.map { "\($0["host"] ?? ""):\($0["port"] ?? "")" } == ["one:1", "two:2", "three:3"])
        let same = try PostgresURL("postgres://u@one,two/db?port=7")
        #expect(same.targets.map { $0["port"] } == ["7", "7"])
        #expect(try PostgresURL("postgres://u@one/db").targets.count == 1)
    }
}
