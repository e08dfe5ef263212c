import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

/// An engine over backends in memory, and a folder of pictures.
struct EngineFixture {
    let engine: Engine
    let store: InMemoryCatalogueStore
    let indexes: InMemoryVectorIndexes
    let jobs = InMemoryJobStore()
    let files: TemporaryFileStore
    let folder: TemporaryFolder

    init(
        configuration: EngineConfiguration = EngineConfiguration(workerThreadCount: 2),
        models: any ModelProvider = SmallModels(), fetcher: (any ImageFetcher)? = nil,
        beforeInsert: RacingIndexes.Race? = nil
    ) throws {
        store = InMemoryCatalogueStore()
        indexes = InMemoryVectorIndexes(store: store)
        var used: any VectorIndexProvider = indexes
        if let beforeInsert { used = RacingIndexes(indexes, beforeInsert) }
        files = try TemporaryFileStore()
        folder = try TemporaryFolder()
        engine = Engine(
            EngineDependencies(
                catalogues: store, jobs: jobs, queue: InMemoryJobQueue(), files: files,
                indexes: used, models: models,
                reader: SmallImageReader(limits: configuration.limits), fetcher: fetcher,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            configuration: configuration)
    }

    /// Writes picture `number` as a file; returns its path.
    @discardableResult
    func write(_ number: Int, to name: String) throws -> String {
        try folder.write(SmallImage.numbered(number), to: name)
    }

    /// Ingests paths and waits for the end.
    @discardableResult
    func index(
        _ paths: [String]? = nil, catalogue: String = "default", model: String = "small", copies: Bool = false,
        prunes: Bool = false, metadataPath: String? = nil
    ) async throws -> Job {
        let work = JobWork.ingest(
            IngestWork(
                catalogue: catalogue, modelID: model,
                source: .paths(
                    paths ?? [folder.path], copies: copies, prunes: prunes, metadataPath: metadataPath)))
        return try await run(work)
    }

    func run(_ work: JobWork) async throws -> Job {
        let job = try await engine.submit(work)
        try await engine.run(job.id)
        return try await engine.job(job.id.rawValue)
    }

    /// Uploads that were received whole.
    func spool(numbers: Range<Int>) throws -> IngestWork { try files.spool(numbers: numbers) }

    func names(in catalogue: String = "default") async throws -> [String] {
        try await engine.images(inCatalogue: catalogue, matching: nil, after: nil, limit: 1000).images.map(\.name)
            .sorted()
    }

    func search(_ term: SearchTerm, limit: Int = 10, edit: (inout SearchRequest) -> Void = { _ in }) async throws
        -> [String]
    {
        var request = SearchRequest(terms: [term], limit: limit)
        edit(&request)
        return try await engine.search(request).matches.map(\.image.name)
    }
}

extension JobProgress: CustomTestStringConvertible {
    public var testDescription: String { "total \(total), done \(done), failed \(failed), skipped \(skipped)" }
}

extension FileStore {
    /// Puts pictures into the spool, with their list.
    func spool(numbers: Range<Int>) throws -> IngestWork {
        var lines: [UInt8] = []
        for number in numbers {
            let path = try makeSpoolPath()
            try Data(SmallImage.numbered(number)).write(to: URL(fileURLWithPath: path))
            lines += try SpoolList.line(for: SpooledUpload(path: path, name: "upload-\(number).png"))
        }
        let listPath = try makeSpoolPath()
        try Data(lines).write(to: URL(fileURLWithPath: listPath))
        return IngestWork(catalogue: "default", modelID: "small", source: .spool(listPath: listPath))
    }
}
