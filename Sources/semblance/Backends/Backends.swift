import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceServer
import SemblanceStore

/// The stores, the queue and the indexes of one installation. What stands behind them is known here and nowhere else.
struct Backends: Sendable {
    let catalogues: any CatalogueStore
    let jobs: any JobStore
    let queue: any JobQueue
    let keys: any APIKeyStore
    let files: any FileStore
    let indexes: any VectorIndexProvider
    /// News of jobs between processes.
    var notices: (any JobNotices)?
    /// Keeps originals of ingestion and of deletion in several processes apart; `nil` where one process does both.
    var claims: (any OriginalClaims)?
    /// The catalogues for a transfer, where ingestion's claims are asked for; `nil` if they are not.
    var unclaimedCatalogues: (any CatalogueStore)?
    /// Between two signs of life of a running job; `nil` takes the engine's default.
    var heartbeatInterval: Duration?
    /// Who runs the jobs that this process submits.
    let jobsRun: JobsRun
    /// For people: where the catalogues are. Holds no password.
    let place: String
    /// Held as long as the program runs.
    var lock: DataFolderLock?
    /// What must answer for a server to be ready.
    var checks: [BackendCheck] = []
    /// Gives connections back. Without it the end of the process does.
    var close: @Sendable () async -> Void = {}

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
        _ address: InstallationAddress, in folder: DataFolder, access: Access, logger: Logger
    ) async throws -> Backends {
        switch try address.kind() {
        case .embedded: try await embedded(in: folder, access: access)
        case .server(let server): try await self.server(server, in: folder, access: access, logger: logger)
        }
    }

    static func build(_ address: InstallationAddress, access: Access, logger: Logger) async throws -> Backends {
        try await build(address, in: address.makeDataFolder(), access: access, logger: logger)
    }

    var transferStores: TransferStores {
        TransferStores(
            catalogues: unclaimedCatalogues ?? catalogues, keys: keys, jobs: jobs, files: files)
    }
}
