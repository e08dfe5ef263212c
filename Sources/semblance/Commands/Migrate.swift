import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move an installation to another database: from embedded to PostgreSQL, or back.",
        discussion: """
            Copies catalogues, embeddings, sources and keys, and originals where the other installation keeps its own; \
            then reads everything back and compares it. The source is not changed: use it until you are content, then \
            delete it. Stop servers and workers first; jobs that have not ended stay behind, so there must be none.

            EXAMPLES
              semblance migrate --to postgres://semblance@db.example/semblance
              semblance migrate --to postgres://semblance@db.example/semblance --to-files /mnt/shared/semblance
              semblance migrate --database postgres://semblance@db.example/semblance --to ~/semblance-data
            """)

    @Option(
        help: ArgumentHelp(
            "A PostgreSQL database (postgres://…; SEMBLANCE_TO keeps a password out of sight), or a data folder.",
            valueName: "url|folder"))
    var to: String?

    @Option(
        name: .customLong("to-files"),
        help: ArgumentHelp(
            "Where the new installation keeps originals: for a database by default where they are now, for a data folder "
                + "in it.", valueName: "folder"))
    var filesFolder: String?

    @Flag(name: .customLong("continue"), help: "Go on with a migration that was interrupted.")
    var continues = false

    @OptionGroup var options: CommonOptions

    private var destination: InstallationAddress {
        get throws {
            guard let to = to ?? Environment.value("SEMBLANCE_TO") else {
                throw ValidationError("Name the destination with --to: postgres://… or a data folder.")
            }
            guard to.contains("://") else { return InstallationAddress(dataFolder: to, filesFolder: filesFolder) }
            let present = options.address
            return InstallationAddress(
                dataFolder: present.dataFolder, filesFolder: filesFolder ?? present.filesFolder, database: to,
                acceptsOlderExtension: present.acceptsOlderExtension)
        }
    }

    func validate() throws { _ = try destination.kind() }

    func run() async throws {
        let command = self
        try await semblance.run(options) { try await command.migrate() }
    }

    private func migrate() async throws {
        let line = PhaseLine(isShown: !options.printsJSON)
        defer { line.clear() }
        let logger = Log.make(isVerbose: options.isVerbose)
        // The queue has no part in it; and a place with one would not be known again as the same.
        var present = options.address
        present.queue = nil
        let source = try await Backends.build(present, access: .write, logger: logger)
        let counts = try await source.jobs.counts()
        let unfinishedCount = (counts[.queued] ?? 0) + (counts[.running] ?? 0)
        guard unfinishedCount == 0 else {
            throw TransferError(
                .unfinishedJobs,
                "\(unfinishedCount) jobs have not ended and would stay behind. Let them end, or cancel them with "
                    + "'semblance jobs cancel'.")
        }
        let destination = try await Backends.build(self.destination, access: .write, logger: logger)
        guard destination.place != source.place else {
            throw ValidationError(
                "--to names the installation that is to be moved: \(source.place). What is moved is named by --data and "
                    + "--database, or by SEMBLANCE_DATA and SEMBLANCE_DATABASE: unset the second to move a data folder."
            )
        }
        let report = try await CatalogueTransfer(
            from: StoreSource(source.transferStores), to: destination.transferStores, continues: continues,
            reporting: { line.draw($0) }
        ).run()
        line.clear()
        Console(options).print(
            report.json(),
            text: "\(report.images) images in \(report.catalogues) catalogues, \(report.originals) originals, "
                + "\(report.keys) keys · in \(destination.place), all compared with \(source.place)")
    }
}
