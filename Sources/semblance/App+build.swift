import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceFetch
import SemblanceStore
import SemblanceVision

/// The program, wired.
struct App: Sendable {
    let engine: Engine
    let backends: Backends
    let dataFolder: DataFolder
    let models: ModelRegistry

    var keys: any APIKeyStore { backends.keys }

    /// Whether this process runs the jobs that it submits, and nobody else does.
    var runsJobsHere: Bool { backends.jobsRun == .here }

    static func build(
        _ options: CommonOptions, _ settings: EngineSettings = EngineSettings(), access: Backends.Access,
        fetching: FetchConfiguration = FetchConfiguration(), logger: Logger? = nil
    ) async throws -> App {
        let logger = logger ?? Log.make(isVerbose: options.isVerbose)
        let folder = try options.makeDataFolder()
        let backends = try await Backends.build(options.address, in: folder, access: access, logger: logger)
        let vision = try Vision.build(settings, modelsFolder: folder.modelsPath, logger: logger)
        let dependencies = EngineDependencies(
            catalogues: backends.catalogues, jobs: backends.jobs, queue: backends.queue, files: backends.files,
            indexes: backends.indexes, models: vision.models, reader: vision.reader,
            fetcher: try GuardedImageFetcher(fetching), notices: backends.notices,
            claims: backends.claims ?? InProcessOriginalClaims(), logger: logger)
        var configuration = vision.configuration
        if let interval = backends.heartbeatInterval { configuration.heartbeatInterval = interval }
        let engine = Engine(dependencies, configuration: configuration)
        // Other processes may be receiving uploads that have no job yet.
        if access != .read, backends.jobsRun != .byWriter {
            try await engine.cleanSpool(olderThan: backends.jobsRun == .here ? .zero : .seconds(86_400))
        }
        return App(engine: engine, backends: backends, dataFolder: folder, models: vision.models)
    }

    /// The same program as the data folder's writer; `nil` while another process has it, and in server mode.
    static func buildWriterIfFree(_ options: CommonOptions, _ settings: EngineSettings) async throws -> App? {
        guard case .embedded = try options.address.kind() else { return nil }
        do {
            return try await build(options, settings, access: .write)
        } catch let error as StoreError where error.code == .dataFolderInUse {
            return nil
        }
    }

    /// The model that was named, else the catalogue's, else the default.
    func modelID(named name: String?, forCatalogue catalogue: String) async throws -> String {
        if let name { return try engine.knownModel(name) }
        do {
            return try await engine.catalogue(named: catalogue).modelID
        } catch let error as StoreError where error.code == .unknownCatalogue {
            return engine.defaultModelID
        }
    }

    /// The job for this work: one that a killed process left unfinished, or a new one.
    func submitOnce(_ work: JobWork) async throws -> Job {
        let unfinished = try await engine.jobs(in: [.queued, .running], lane: work.lane, limit: 1000)
        if runsJobsHere, let left = unfinished.last(where: { $0.work == work }) { return left }
        return try await engine.submit(work)
    }
}

/// Images and models, without a data folder's catalogues.
struct Vision: Sendable {
    let models: ModelRegistry
    let reader: ImageDecoder
    let configuration: EngineConfiguration

    /// Sees the models that were added to the data folder; one that is not there is not made.
    static func build(_ settings: EngineSettings = EngineSettings(), for options: CommonOptions) throws -> Vision {
        try build(
            settings, modelsFolder: DataFolder.absolutePath(options.dataFolder) + "/models",
            logger: Log.make(isVerbose: options.isVerbose))
    }

    /// - Parameter modelsFolder: where the data folder has models that were added.
    static func build(_ settings: EngineSettings, modelsFolder: String, logger: Logger) throws -> Vision {
        var configuration = EngineConfiguration(limits: settings.limits)
        if let count = settings.threadCount { configuration.workerThreadCount = count }
        if let limit = settings.jobTimeLimit {
            for lane in Job.Lane.allCases { configuration.jobTimeLimits[lane] = limit }
        }
        if let limit = settings.drainLimit { configuration.drainLimit = limit }
        try configuration.validate()
        let models = try ModelRegistry(
            configuration: ModelRegistry.Configuration(
                cacheFolder: CacheFolder.path, configPath: Environment.modelConfigurationPath,
                addedModelsFolder: modelsFolder,
                defaultModelID: Environment.value("SEMBLANCE_MODEL") ?? ModelManifest.builtIn[0].modelID,
                precision: settings.precision, streamCount: configuration.workerThreadCount,
                isOffline: Environment.value("SEMBLANCE_OFFLINE") == "1"),
            downloader: ResumableDownloader(environment: ProcessInfo.processInfo.environment))
        for warning in models.warnings { logger.warning("\(warning.message)") }
        return Vision(
            models: models, reader: ImageDecoder(limits: settings.limits), configuration: configuration)
    }

    /// Embeds single images on threads of its own.
    func makeEmbedding() -> ImageEmbedding {
        ImageEmbedding(
            reader: reader, limits: configuration.limits,
            threads: ThreadPool(name: "embed", threadCount: configuration.workerThreadCount))
    }

    /// Embeds texts on a thread of its own.
    func makeTextEmbedding() -> TextEmbedding {
        TextEmbedding(threads: ThreadPool(name: "text", threadCount: 1))
    }
}
