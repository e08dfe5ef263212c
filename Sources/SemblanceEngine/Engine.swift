import Logging
import SemblanceCore

/// The services of Semblance over whichever backends they were built with.
///
/// One engine serves a process: the HTTP server, the command line and the job workers share it. Calls never block
/// Swift's cooperative threads; decoding, inference and files run on the engine's own.
public final class Engine: Sendable {
    let dependencies: EngineDependencies
    public let configuration: EngineConfiguration
    let signals = JobSignals()
    /// Ingestion's threads.
    let ingestThreads: ThreadPool
    /// Threads of their own for queries, so that searching never waits behind ingestion.
    let queryThreads: ThreadPool
    /// For thumbnails and deletions: a page full of new thumbnails must not hold up a search.
    let fileThreads: ThreadPool
    let running = RunningJobs()
    let lateOutcomes = LateOutcomes()
    /// What the workers of this process count, for `/metrics`.
    package let measurements = JobMeasurements()
    let faults: EngineFaults
    private let listener: Task<Void, Never>?

    public convenience init(
        _ dependencies: EngineDependencies, configuration: EngineConfiguration = EngineConfiguration()
    ) {
        self.init(dependencies, configuration: configuration, faults: EngineFaults())
    }

    /// - Parameter faults: for tests.
    package init(_ dependencies: EngineDependencies, configuration: EngineConfiguration, faults: EngineFaults) {
        self.dependencies = dependencies
        self.configuration = configuration
        self.faults = faults
        self.listener = dependencies.notices.map { [signals] in Self.listen(to: $0, waking: signals) }
        // One more than cores: a thread that waits for the engine, a disk or a flush leaves its core to another.
        self.ingestThreads = ThreadPool(name: "ingest", threadCount: configuration.workerThreadCount + 1)
        self.queryThreads = ThreadPool(
            name: "query", threadCount: configuration.workerThreadCount,
            maximumWaitingCount: configuration.maximumWaitingQueryCount)
        self.fileThreads = ThreadPool(
            name: "files", threadCount: max(1, configuration.workerThreadCount / 2), maximumWaitingCount: 4096)
    }

    deinit {
        listener?.cancel()
        ingestThreads.shutDown()
        queryThreads.shutDown()
        fileThreads.shutDown()
    }

    var store: any CatalogueStore { dependencies.catalogues }
    var files: any FileStore { dependencies.files }
    var claims: any OriginalClaims { dependencies.claims }
    var logger: Logger { dependencies.logger }

    /// Embeds single images on the query threads.
    public var embedding: ImageEmbedding {
        ImageEmbedding(reader: dependencies.reader, limits: configuration.limits, threads: queryThreads)
    }

    /// Jobs that this process runs now.
    package var runningCounts: [Job.Lane: Int] { running.countByLane }

    /// Numbers of the queue, over all processes.
    package func queueStatistics(of lane: Job.Lane) async throws -> JobQueueStatistics {
        try await dependencies.queue.statistics(of: lane)
    }

    /// Queries that wait for a thread.
    package var waitingQueryCount: Int { queryThreads.waitingCount }

    /// Embeds single texts on the query threads.
    public var textEmbedding: TextEmbedding { TextEmbedding(threads: queryThreads) }

    // MARK: Models

    public func models() -> [ModelDescription] { dependencies.models.models() }

    public var defaultModelID: String { dependencies.models.defaultModelID }

    /// Loads a model so that the first query finds it warm.
    public func warm(_ modelID: String) async throws {
        _ = try await dependencies.models.embedder(for: modelID)
    }

    /// Opens the index of every catalogue in its own model, so that the first query finds it open.
    public func openIndexes() async throws {
        for catalogue in try await store.catalogues() {
            do {
                let embedder = try await dependencies.models.embedder(for: catalogue.modelID)
                _ = try await dependencies.indexes.index(for: space(of: catalogue, embedder))
            } catch {
                try Task.checkCancellation()
                // Searching this one says what is wrong; the others are served.
                logger.error(
                    "a catalogue cannot be opened", metadata: ["catalogue": "\(catalogue.name)", "error": "\(error)"])
            }
        }
    }

    func space(of catalogue: Catalogue, _ embedder: any Embedder) -> EmbeddingSpace {
        EmbeddingSpace(catalogueID: catalogue.id, model: embedder.version)
    }
}

/// The backends of an engine.
public struct EngineDependencies: Sendable {
    public let catalogues: any CatalogueStore
    public let jobs: any JobStore
    public let queue: any JobQueue
    /// News of jobs that other processes run; `nil` if none does, or none tells.
    public let notices: (any JobNotices)?
    public let files: any FileStore
    /// Shared by all processes that share the files.
    public let claims: any OriginalClaims
    public let indexes: any VectorIndexProvider
    public let models: any ModelProvider
    public let reader: any ImageReader
    /// `nil` refuses URLs.
    public let fetcher: (any ImageFetcher)?
    public let logger: Logger

    public init(
        catalogues: any CatalogueStore, jobs: any JobStore, queue: any JobQueue, files: any FileStore,
        indexes: any VectorIndexProvider, models: any ModelProvider, reader: any ImageReader,
        fetcher: (any ImageFetcher)?, notices: (any JobNotices)? = nil,
        claims: any OriginalClaims = InProcessOriginalClaims(), logger: Logger
    ) {
        self.catalogues = catalogues
        self.jobs = jobs
        self.queue = queue
        self.notices = notices
        self.files = files
        self.claims = claims
        self.indexes = indexes
        self.models = models
        self.reader = reader
        self.fetcher = fetcher
        self.logger = logger
    }
}
