import SemblanceCore
import SemblanceEngine
import SemblanceStore

/// The stores, the queue and the indexes of one installation. What stands behind them is known here and nowhere else.
struct Backends: Sendable {
    let catalogues: any CatalogueStore & CatalogueTransferStore
    let jobs: any JobStore
    let queue: any JobQueue
    let keys: any APIKeyStore
    let files: any FileStore
    let indexes: any VectorIndexProvider
    /// Who runs the jobs that this process submits.
    let jobsRun: JobsRun
    /// For people: where the catalogues are. Holds no password.
    let place: String
    /// Held as long as the program runs.
    var lock: DataFolderLock?

    enum JobsRun: Sendable, Hashable {
        /// This process alone: it has the data folder.
        case here
        /// The process that has the data folder.
        case byWriter
        /// Whoever takes them first, this process among them.
        case anywhere
        /// `semblance worker`.
        case byWorkers
    }

    /// What this process may do with catalogues.
    enum Access {
        /// Reads beside others.
        case read
        /// Changes catalogues; refused while another process has the data folder.
        case write
        /// Changes catalogues, or hands a job to the process that has the data folder.
        case writeOrHandOver
    }

    static func build(
        _ address: InstallationAddress, in folder: DataFolder, access: Access
    ) async throws -> Backends {
        try await embedded(in: folder, access: access)
    }

    static func build(_ address: InstallationAddress, access: Access) async throws -> Backends {
        try await build(address, in: address.makeDataFolder(), access: access)
    }

    var transferStores: TransferStores {
        TransferStores(catalogues: catalogues, keys: keys, jobs: jobs, files: files)
    }
}
