import ArgumentParser
import SemblanceCore

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list and revoke keys for the HTTP API.",
        subcommands: [CreateKey.self, ListKeys.self, RevokeKey.self], defaultSubcommand: ListKeys.self)
}

struct CreateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key. It is shown once; only its hash is kept.",
        discussion: """
            EXAMPLES
              semblance keys create laptop                    may search
              semblance keys create importer --scope write    may upload, too
              semblance keys create script --json | jq -r .key
            """)

    @Argument(help: "A name to know it by.")
    var name: String

    @Option(help: "What it may do: read, write or admin; each includes those before it.")
    var scope: APIKey.Scope = .read

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard (1...100).contains(name.count) else { throw ValidationError("A key's name has 1 to 100 characters.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            let (key, secret) = APIKey.make(name: command.name, scope: command.scope)
            try await app.keys.insert(key)
            Console(command.options).print(
                [
                    "id": .string(key.id), "name": .string(key.name), "scope": .string(key.scope.rawValue),
                    "key": .string(secret),
                ],
                text: """
                    \(secret)
                    Keep it: it is not shown again. Send it as 'Authorization: Bearer …'. Revoke it with \
                    'semblance keys revoke \(key.id)'.
                    """)
        }
    }
}

struct ListKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List keys, without their secrets.",
        discussion: """
            EXAMPLES
              semblance keys list
              semblance keys list --json | jq -r '.keys[].name'
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            let keys = try await app.keys.keys()
            Console(command.options).printList(
                keys, named: "keys", header: ["ID", "SCOPE", "CREATED", "NAME"],
                row: { [$0.id, $0.scope.rawValue, $0.createdAt.iso8601, $0.name] },
                json: {
                    [
                        "id": .string($0.id), "name": .string($0.name), "scope": .string($0.scope.rawValue),
                        "created_at": .string($0.createdAt.iso8601),
                    ]
                }, emptyText: "No keys.")
        }
    }
}

struct RevokeKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a key; at once.",
        discussion: """
            EXAMPLES
              semblance keys list                         which there are
              semblance keys revoke 49815174
            """)

    @Argument(help: "The key's id, as 'keys list' shows it.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .read)
            try await app.keys.revoke(command.id)
            Console(command.options).print(["revoked": .string(command.id)], text: "Revoked.")
        }
    }
}

extension APIKey.Scope: ExpressibleByArgument {}
