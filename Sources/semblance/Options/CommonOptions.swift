import ArgumentParser
import Foundation
import SemblanceStore

/// Options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: ArgumentHelp("The data folder (SEMBLANCE_DATA).", valueName: "folder"))
    var dataFolder: String?

    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "A PostgreSQL database in place of the data folder's own, as postgres://user:password@host:5432/name "
                + "(SEMBLANCE_DATABASE, which other users of the machine do not see).", valueName: "url"))
    var database: String?

    @Option(
        name: .customLong("queue"),
        help: ArgumentHelp(
            "The Redis server that hands jobs to workers, as redis://:password@host:6379/0 (SEMBLANCE_QUEUE).",
            valueName: "url"))
    var queue: String?

    @Option(
        name: .customLong("files"),
        help: ArgumentHelp(
            "Where originals, thumbnails and uploads are; by default in the data folder (SEMBLANCE_FILES).",
            valueName: "folder"))
    var filesFolder: String?

    @Flag(
        name: .customLong("allow-old-pgvector"),
        help: "Put up with a pgvector before 0.8.4, which may damage indexes (SEMBLANCE_ALLOW_OLD_PGVECTOR=1).")
    var allowsOldExtension = false

    @Flag(name: .customLong("json"), help: "Print one JSON object instead of text.")
    var printsJSON = false

    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Log more.")
    var isVerbose = false

    func validate() throws { _ = try address.kind() }

    /// What the options say, else the environment.
    var address: InstallationAddress {
        InstallationAddress(
            dataFolder: dataFolder, filesFolder: filesFolder ?? Environment.value("SEMBLANCE_FILES"),
            database: database ?? Environment.value("SEMBLANCE_DATABASE"),
            queue: queue ?? Environment.value("SEMBLANCE_QUEUE"),
            acceptsOlderExtension: allowsOldExtension || Environment.value("SEMBLANCE_ALLOW_OLD_PGVECTOR") == "1")
    }

    /// The data folder, made if it is missing.
    func makeDataFolder() throws -> DataFolder { try address.makeDataFolder() }
}
