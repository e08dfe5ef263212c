import ArgumentParser
import SemblanceStore

/// Options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: ArgumentHelp("The data folder (SEMBLANCE_DATA).", valueName: "folder"))
    var dataFolder: String?

    @Option(
        name: .customLong("files"),
        help: ArgumentHelp(
            "Where originals, thumbnails and uploads are; by default in the data folder (SEMBLANCE_FILES).",
            valueName: "folder"))
    var filesFolder: String?

    @Flag(name: .customLong("json"), help: "Print one JSON object instead of text.")
    var printsJSON = false

    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Log more.")
    var isVerbose = false

    /// What the options say, else the environment.
    var address: InstallationAddress {
        InstallationAddress(
            dataFolder: dataFolder, filesFolder: filesFolder ?? Environment.value("SEMBLANCE_FILES"))
    }

    /// The data folder, made if it is missing.
    func makeDataFolder() throws -> DataFolder { try address.makeDataFolder() }
}
