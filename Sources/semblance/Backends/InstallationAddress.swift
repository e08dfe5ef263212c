import SemblanceStore

/// Where an installation is, as it was named.
struct InstallationAddress: Sendable {
    var dataFolder: String?
    /// `nil` means the data folder.
    var filesFolder: String?

    /// The data folder, made if it is missing.
    func makeDataFolder() throws -> DataFolder {
        try DataFolder(path: dataFolder, filesFolder: filesFolder)
    }
}
