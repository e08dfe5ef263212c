import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceTesting

/// An engine whose backends fail on demand.
struct WorkerFixture {
    let engine: Engine
    let reader = HeldImageReader()
    let models = FlakyModels()
    let stored = InMemoryJobStore()
    let jobs: FlakyJobStore
    let queue: InMemoryJobQueue
    let files: TemporaryFileStore
    let folder: TemporaryFolder

    /// - Parameter capacity: jobs that may wait.
    init(capacity: Int = 1000, _ edit: (inout EngineConfiguration) -> Void = { _ in }) throws {
        queue = InMemoryJobQueue(capacity: capacity, maximumTryCount: 3)
        var configuration = EngineConfiguration(workerThreadCount: 2)
        configuration.heartbeatInterval = .milliseconds(10)
        edit(&configuration)
        files = try TemporaryFileStore()
        folder = try TemporaryFolder()
        jobs = FlakyJobStore(stored)
        let store = InMemoryCatalogueStore()
        engine = Engine(
            EngineDependencies(
                catalogues: store, jobs: jobs, queue: queue, files: files,
                indexes: InMemoryVectorIndexes(store: store), models: models, reader: reader, fetcher: nil,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            configuration: configuration)
    }

    /// An ingestion of a few pictures.
    func submitIngestion(of count: Int = 12) async throws -> Job {
        for number in 0..<count { try folder.write(SmallImage.numbered(number), to: "\(number).png") }
        return try await engine.submit(
            .ingest(
                IngestWork(
                    catalogue: "default", modelID: "small",
                    source: .paths([folder.path], copies: false, prunes: false, metadataPath: nil))))
    }

    /// Pictures that somebody has uploaded.
    func submitUpload(of count: Int = 3) async throws -> Job {
        try await engine.submit(.ingest(try files.spool(numbers: 0..<count)))
    }

    func submitSearch() async throws -> Job {
        let path = try files.makeSpoolPath()
        try Data(SmallImage.numbered(3)).write(to: URL(fileURLWithPath: path))
        return try await engine.submit(
            .search(
                SearchWork(
                    catalogue: "default", modelID: "small", upload: SpooledUpload(path: path, name: "q.png"), limit: 4)
            ))
    }

    func state(of job: Job) async throws -> Job.State { try await stored.job(job.id).state }
}
