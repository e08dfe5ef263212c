import ArgumentParser
import SemblanceStore

/// Where an installation is, as it was named: a data folder, and for server mode a database, and a queue.
struct InstallationAddress: Sendable {
    var dataFolder: String?
    /// `nil` means the data folder.
    var filesFolder: String?
    /// A URL; `nil` means SQLite in the data folder.
    var database: String?
    /// A URL; `nil` means a queue in the process that has the data folder, or polling of the database.
    var queue: String?
    /// Whether a pgvector with known faults is put up with.
    var acceptsOlderExtension = false

    /// Which backends it has.
    enum Kind: Sendable {
        case embedded
        case server(ServerAddress)
    }

    /// - Throws: `ValidationError` that says what is wrong without the address itself, which may hold a password.
    func kind() throws -> Kind {
        guard let database else {
            guard queue == nil else {
                throw ValidationError(
                    "--queue (SEMBLANCE_QUEUE) needs --database (SEMBLANCE_DATABASE): without one, jobs wait in the data "
                        + "folder.")
            }
            return .embedded
        }
        return .server(
            try ServerAddress(database: database, queue: queue, acceptsOlderExtension: acceptsOlderExtension))
    }

    /// The data folder, made if it is missing.
    func makeDataFolder() throws -> DataFolder {
        try DataFolder(path: dataFolder, filesFolder: filesFolder)
    }
}
