import ArgumentParser
import SemblanceCore
import SemblanceEngine

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring back what a backup holds.",
        discussion: """
            Everything in the backup is read and compared with its checksums first; a damaged one is refused by name, and \
            nothing is changed. Then originals, catalogues and keys are added, and every image is read back and compared. \
            Catalogues of these names must be empty or not be there. Search works at once if the models' weights are \
            there: 'semblance models pull' gets them.

            EXAMPLES
              semblance restore /mnt/backup/semblance
              semblance restore /mnt/backup/semblance --check
              semblance restore /mnt/backup/semblance --database postgres://semblance@db.example/semblance
            """)

    @Argument(help: "The backup's folder.", completion: .directory)
    var folder: String

    @Flag(help: "Only read the backup and say whether it is whole.")
    var check = false

    @Flag(name: .customLong("continue"), help: "Go on with a restoration that was interrupted.")
    var continues = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) { try await command.restore() }
    }

    private func restore() async throws {
        let line = PhaseLine(isShown: !options.printsJSON)
        defer { line.clear() }
        let archive = try await ArchiveSource.open(folder: folder.withoutSlashAtEnd)
        try await archive.check { line.draw($0) }
        if check {
            line.clear()
            return Console(options).print(
                ["whole": .bool(true), "folder": .string(folder)], text: "The backup is whole.")
        }
        let backends = try await Backends.build(
            options.address, access: .write, logger: Log.make(isVerbose: options.isVerbose))
        let report = try await CatalogueTransfer(
            from: archive, to: backends.transferStores, continues: continues, reporting: { line.draw($0) }
        ).run()
        line.clear()
        Console(options).print(
            report.json(),
            text: "\(report.images) images in \(report.catalogues) catalogues, \(report.originals) originals, "
                + "\(report.keys) keys · in \(backends.place), all compared with the backup")
    }
}
