import Logging
import SemblanceCore
import SemblanceServer
import SemblanceStore

extension Backends {
    /// PostgreSQL with pgvector for catalogues, vectors and jobs; Redis to hand jobs out, if there is one. Originals and
    /// uploads are in a folder that all processes share.
    static func server(
        _ server: ServerAddress, in folder: DataFolder, access: Access, logger: Logger
    ) async throws -> Backends {
        // Only what changes something makes or updates tables: a search never needs the right to.
        let database = try await PostgresDatabase.open(
            server.configuration, schema: access == .read ? .require : .migrate)
        let jobs = PostgresJobStore(database: database, lease: server.lease)
        let queue = server.queue.map {
            RedisJobQueue(url: $0, jobs: jobs, configuration: .init(lease: server.lease), logger: logger)
        }
        let claims = PostgresOriginalClaims(database: database)
        // What only reads does not need it.
        if access != .read { try await queue?.check() }
        var backends = Backends(
            catalogues: PostgresCatalogueStore(database: database, claims: claims), jobs: jobs,
            queue: queue ?? InProcessJobQueue(jobs: jobs), keys: PostgresAPIKeyStore(database: database),
            files: LocalFileStore(folder: folder),
            indexes: try PostgresVectorIndexes(database: database, configuration: server.vectorIndexes),
            notices: server.queue.map { RedisJobNotices(url: $0, logger: logger) },
            jobsRun: queue == nil ? .anywhere : .byWorkers, place: server.description)
        backends.claims = claims
        // What a transfer adds is claimed by nobody: its originals are complete before their rows.
        backends.unclaimedCatalogues = PostgresCatalogueStore(database: database)
        backends.heartbeatInterval = min(.seconds(5), server.lease / 6)
        backends.checks = makeChecks(of: backends, queue)
        backends.close = {
            await queue?.close()
            database.close()
        }
        return backends
    }

    /// What a server that is ready can do.
    private static func makeChecks(of backends: Backends, _ queue: RedisJobQueue?) -> [BackendCheck] {
        let catalogues = backends.catalogues
        var checks = [BackendCheck("The database") { _ = try await catalogues.catalogues() }]
        if let queue {
            checks.append(BackendCheck("The job queue") { _ = try await queue.statistics(of: .search) })
        }
        return checks
    }
}
