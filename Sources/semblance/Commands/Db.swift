import ArgumentParser
import SemblanceCore
import SemblanceEngine
import SemblanceStore

/// `db`: what concerns the PostgreSQL database of server mode.
struct Db: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Prepare and look at the database of server mode.",
        subcommands: [InitDatabase.self, MigrateDatabase.self, DatabaseStatus.self, BuildIndexes.self],
        defaultSubcommand: DatabaseStatus.self)
}

extension CommonOptions {
    /// - Throws: `ValidationError` unless a database is named.
    func server() throws -> ServerAddress {
        guard case .server(let server) = try address.kind() else {
            throw ValidationError(
                "Name a database with --database (SEMBLANCE_DATABASE). The embedded one takes care of itself.")
        }
        return server
    }
}

struct InitDatabase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make the tables, and the extension pgvector if the role may.",
        discussion: """
            Safe to run again at any time: what is there stays.

            EXAMPLES
              semblance db init --database postgres://semblance@db.example/semblance
            """)

    @OptionGroup var options: CommonOptions

    func validate() throws { _ = try options.server() }

    func run() async throws {
        let options = self.options
        try await semblance.run(options) { try await DatabaseReport(options).migrate() }
    }
}

struct MigrateDatabase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the tables up to date; forward only.",
        discussion: """
            Processes that do it at once take turns. 'serve' and 'worker' do it when they start.

            EXAMPLES
              semblance db migrate --database postgres://semblance@db.example/semblance
              SEMBLANCE_DATABASE=postgres://… semblance db migrate
            """)

    @OptionGroup var options: CommonOptions

    func validate() throws { _ = try options.server() }

    func run() async throws {
        let options = self.options
        try await semblance.run(options) { try await DatabaseReport(options).migrate() }
    }
}

struct DatabaseStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the versions of server, pgvector and tables.",
        discussion: """
            EXAMPLES
              semblance db status --database postgres://semblance@db.example/semblance
            """)

    @OptionGroup var options: CommonOptions

    func validate() throws { _ = try options.server() }

    func run() async throws {
        let options = self.options
        try await semblance.run(options) { try await DatabaseReport(options).show() }
    }
}

/// What the commands print about a database.
private struct DatabaseReport {
    let options: CommonOptions

    init(_ options: CommonOptions) { self.options = options }

    func migrate() async throws {
        let database = try await PostgresDatabase.open(options.server().configuration, schema: .migrate)
        database.close()
        try await show()
    }

    func show() async throws {
        let server = try options.server()
        let status = try await PostgresDatabase.status(server.configuration)
        let extensionText = status.extensionVersion.map { "pgvector \($0)" } ?? "no pgvector"
        let schemaText =
            switch status.schemaVersion {
            case nil: "no tables yet: semblance db init"
            case status.expectedSchemaVersion: "tables of version \(status.expectedSchemaVersion), up to date"
            case let version?: "tables of version \(version); this program has \(status.expectedSchemaVersion)"
            }
        Console(options).print(
            [
                "database": .string(server.database.description), "postgresql": .string(status.serverVersion),
                "pgvector": status.extensionVersion.map(JSONValue.string) ?? .null,
                "schema": status.schemaVersion.map { .number(Double($0)) } ?? .null,
                "expected_schema": .number(Double(status.expectedSchemaVersion)),
            ],
            text: "\(server.database.description): PostgreSQL \(status.serverVersion), \(extensionText), \(schemaText)")
    }
}

struct BuildIndexes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Build the vector indexes that large catalogues lack.",
        discussion: """
            Searches and ingestion go on meanwhile. Ingestion builds an index by itself when a catalogue has become \
            large; this is for what came by 'migrate' or 'restore'.

            EXAMPLES
              semblance db index --database postgres://semblance@db.example/semblance
              SEMBLANCE_DATABASE=postgres://… semblance db index --catalogue products
            """)

    @Option(name: [.long, .customShort("c")], help: "Only this catalogue.")
    var catalogue: String?

    @OptionGroup var options: CommonOptions

    func validate() throws { _ = try options.server() }

    func run() async throws {
        let command = self
        try await semblance.run(options) { try await command.build() }
    }

    private func build() async throws {
        let logger = Log.make(isVerbose: options.isVerbose)
        let backends = try await Backends.build(options.address, access: .read, logger: logger)
        var built: [(space: EmbeddingSpace, catalogue: String, outcome: IndexBuildOutcome)] = []
        for each in try await backends.catalogues.catalogues() where catalogue == nil || catalogue == each.name {
            for space in try await backends.catalogues.embeddingCounts(in: each.id).map(\.space) {
                built.append((space, each.name, try await build(space, of: each.name, backends)))
            }
        }
        if let catalogue, built.isEmpty { _ = try await backends.catalogues.catalogue(named: catalogue) }
        Console(options).printList(
            built, named: "indexes", header: ["CATALOGUE", "MODEL", "INDEX"],
            row: { [$0.catalogue, $0.space.model.modelID, $0.outcome.rawValue] },
            json: {
                [
                    "catalogue": .string($0.catalogue), "model": .string($0.space.model.modelID),
                    "version": .string($0.space.model.digest), "index": .string($0.outcome.rawValue),
                ]
            }, emptyText: "There is nothing to index.")
    }

    private func build(
        _ space: EmbeddingSpace, of catalogue: String, _ backends: Backends
    ) async throws -> IndexBuildOutcome {
        let line = PhaseLine(isShown: !options.printsJSON)
        defer { line.clear() }
        return try await backends.indexes.index(for: space).build { progress in
            line.draw("\(catalogue), \(progress.phase): \(progress.done) of \(progress.total)")
        }
    }
}
