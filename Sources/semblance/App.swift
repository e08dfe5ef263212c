import ArgumentParser

/// The command line. Concrete types are built in `App+build.swift` and `Backends/` only.
struct Semblance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblance",
        abstract: "Find images that look like an image, in a catalogue of your own.",
        discussion: """
            EXAMPLES
              semblance index ~/Pictures                  take a folder into the catalogue 'default'
              semblance search photo.jpg --k 5            the five images most like a photo
              semblance search photo.jpg --region 0.2,0.1,0.5,0.5
              semblance search --text "red chair"
              semblance serve                             the web page and the HTTP API at 127.0.0.1:8000

            Every command takes --json. Exit codes: 0 all well, 1 error, 2 some files failed, 64 usage, 130 interrupted.
            """,
        version: Version.current,
        subcommands: [
            Index.self, Search.self, Serve.self, List.self, Remove.self, Duplicates.self, Models.self, Embed.self,
            Label.self, Filterable.self, Evaluate.self, Compare.self, Dataset.self, BenchmarkSets.self,
            Jobs.self, Keys.self, Stats.self, Db.self, Worker.self, Backup.self, Restore.self, Migrate.self,
            Doctor.self,
        ])
}

enum Version {
    static let current = "0.1.0"
}
