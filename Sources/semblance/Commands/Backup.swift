import ArgumentParser
import SemblanceCore
import SemblanceEngine

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write catalogues, stored originals and keys to a folder.",
        discussion: """
            The form does not depend on the database: a backup of an embedded installation can be restored into \
            PostgreSQL and the other way round. Servers and workers may go on meanwhile. A second backup into the same \
            folder copies only originals that are new; until it is whole the first one stays as it was.

            Not in it: originals that were left in place, weights of models, models that were added, jobs. Exit code 2 \
            if images were left out because their original is missing or damaged.

            EXAMPLES
              semblance backup /mnt/backup/semblance
            """)

    @Argument(
        help: "A folder that is empty or holds an earlier backup; it is made if there is none.", completion: .directory)
    var folder: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        let leftOutCount = try await semblance.run(options) { try await command.backUp() }
        if leftOutCount > 0 { throw ExitCode.someFilesFailed }
    }

    /// - Returns: how many images were left out.
    private func backUp() async throws -> Int {
        let backends = try await Backends.build(
            options.address, access: .read, logger: Log.make(isVerbose: options.isVerbose))
        let line = PhaseLine(isShown: !options.printsJSON)
        defer { line.clear() }
        let report = try await ArchiveWriter(
            backing: StoreSource(backends.transferStores), upIn: folder.withoutSlashAtEnd, program: Version.current
        ) { line.draw($0) }.run()
        line.clear()
        let lines = [
            "\(report.images) images in \(report.catalogues) catalogues, \(report.originals) originals, "
                + "\(report.keys) keys · in \(folder)"
        ]
        Console(options).print(
            report.json(folder: folder),
            text: (lines + report.leftOut.map { "  left out: \($0.message)" }).joined(separator: "\n"))
        return report.leftOut.count
    }
}

extension TransferReport {
    func json(folder: String? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "catalogues": .number(Double(catalogues)), "images": .number(Double(images)),
            "originals": .number(Double(originals)), "keys": .number(Double(keys)),
            "left_out": .array(leftOut.map(\.commandLineJSON)),
        ]
        if let folder { members["folder"] = .string(folder) }
        return .object(members)
    }
}

extension String {
    /// A folder's path as parts of it can be appended to.
    var withoutSlashAtEnd: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
