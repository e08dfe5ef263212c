import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceStore
import SemblanceTesting
import Testing

// Values that an exit test takes along into its process came with Swift 6.3.
#if compiler(>=6.3)
    /// A worker that dies of SIGKILL at every step of ingestion; another process goes on, over the same database, files
    /// and Redis server.
    @Suite(.enabled(if: TestQueue.isWanted, TestQueue.reason), .serialized, .timeLimit(.minutes(6)))
    struct KilledWorkerTests {
        @Test(arguments: FaultPoint.allCases)
        func whatAKilledWorkerLeftIsFinishedOnce(at point: FaultPoint) async throws {
            try await killAndGoOn(at: point, areUploads: false, database: "")
        }

        @Test(.enabled(if: TestDatabase.isWanted, TestDatabase.reason), arguments: FaultPoint.allCases)
        func theSameOverPostgreSQL(at point: FaultPoint) async throws {
            let database = try await TestDatabase()
            try await killAndGoOn(at: point, areUploads: true, database: database.url)
            try await database.drop()
        }

        private func killAndGoOn(at point: FaultPoint, areUploads: Bool, database: String) async throws {
            let folder = try TemporaryFolder()
            let prefix = TestQueue.keyPrefix()
            let workplace = Workplace(
                folder: folder.path, prefix: prefix, areUploads: areUploads, database: database)
            try workplace.writePictures()
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    folder = folder.path as String, prefix = prefix as String, areUploads = areUploads as Bool,
                    database = database as String, point = point.rawValue as String
                ] in
                try await Workplace(folder: folder, prefix: prefix, areUploads: areUploads, database: database)
                    .workUntil(point)
            }
            let next = try await workplace.open()
            let job = try #require(try await next.jobs.jobs(in: nil, lane: nil, limit: 10, offset: 0).first)
            // Only `ended` comes after the outcome; all else is still to be done.
            #expect(job.state == (point == .ended ? .succeeded : .running))

            let workers = Task { try await next.engine.runWorkers() }
            try await eventually { try await next.jobs.job(job.id).state.isFinal }
            try await eventually {
                let left = try await next.queue.statistics(of: .ingest)
                return left.inHand + left.depth == 0
            }
            workers.cancel()
            try await workers.value
            try await workplace.expectEverythingOnce(in: next, job: job.id)
            await next.close()
        }
    }

    /// One installation, as one process after another sees it.
    struct Workplace: Sendable {
        static let pictureCount = 30

        let folder: String
        let prefix: String
        let areUploads: Bool
        /// PostgreSQL's URL; SQLite if it is empty.
        let database: String

        struct Process {
            let engine: Engine
            let jobs: any JobStore
            let queue: RedisJobQueue
            let files: LocalFileStore
            let close: @Sendable () async -> Void
        }

        private var pictures: String { folder + "/pictures" }

        func writePictures() throws {
            try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
            func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
                try Data(bytes).write(to: URL(fileURLWithPath: pictures + "/" + name))
            }
            for number in 0..<Self.pictureCount { try write(SmallImage.numbered(number), to: "\(number).png") }
            try write(SmallImage.numbered(0), to: "again.png")
            try write(Array("no picture".utf8), to: "notes.png")
        }

        func open(_ faults: EngineFaults = EngineFaults()) async throws -> Process {
            let dataFolder = try DataFolder(path: folder + "/data")
            let files = LocalFileStore(folder: dataFolder)
            let (store, jobs, close) = try await stores(in: dataFolder)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let queue = RedisJobQueue(
                url: try RedisURL(TestQueue.url()), jobs: jobs,
                configuration: .init(
                    lease: .seconds(1), reconciliationInterval: .milliseconds(200), keyPrefix: prefix),
                logger: logger)
            var configuration = EngineConfiguration(workerThreadCount: 2, batchSize: 4)
            configuration.heartbeatInterval = .milliseconds(50)
            let engine = Engine(
                EngineDependencies(
                    catalogues: store, jobs: jobs, queue: queue, files: files,
                    indexes: InMemoryVectorIndexes(store: store), models: SmallModels(), reader: SmallImageReader(),
                    fetcher: nil, logger: logger),
                configuration: configuration, faults: faults)
            return Process(engine: engine, jobs: jobs, queue: queue, files: files) {
                await queue.close()
                close()
            }
        }

        private func stores(
            in folder: DataFolder
        ) async throws -> (any CatalogueStore, any JobStore, close: @Sendable () -> Void) {
            guard database.isEmpty else {
                let configuration = PostgresConfiguration(url: try PostgresURL(database), connectionCount: 4)
                let opened = try await PostgresDatabase.open(configuration, schema: .migrate)
                return (
                    PostgresCatalogueStore(database: opened),
                    PostgresJobStore(database: opened, lease: .seconds(1)), { opened.close() }
                )
            }
            let opened = try await SQLiteDatabase.open(path: folder.databasePath, role: .writer)
            return (SQLiteCatalogueStore(database: opened), SQLiteJobStore(database: opened), {})
        }

        /// Never returns if the point is reached.
        func workUntil(_ point: String) async throws {
            let faults = EngineFaults { reached in
                if reached.rawValue == point { kill(getpid(), SIGKILL) }
            }
            let process = try await open(faults)
            let job = try await process.engine.submit(try work(process.files))
            let workers = Task { try await process.engine.runWorkers() }
            _ = try await process.engine.waitForJob(job.id.rawValue, timeout: .seconds(120))
            // The last point comes after the outcome.
            try await Task.sleep(for: .seconds(10))
            workers.cancel()
        }

        private func work(_ files: LocalFileStore) throws -> JobWork {
            guard areUploads else {
                return .ingest(
                    IngestWork(
                        catalogue: "default", modelID: "small",
                        source: .paths([pictures], copies: true, prunes: false, metadataPath: nil)))
            }
            var list: [UInt8] = []
            for name in try FileManager.default.contentsOfDirectory(atPath: pictures).sorted() {
                let path = try files.makeSpoolPath()
                try FileManager.default.copyItem(atPath: pictures + "/" + name, toPath: path)
                list += try SpoolList.line(for: SpooledUpload(path: path, name: name))
            }
            let listPath = try files.makeSpoolPath()
            try Data(list).write(to: URL(fileURLWithPath: listPath))
            return .ingest(
                IngestWork(catalogue: "default", modelID: "small", source: .spool(listPath: listPath)))
        }

        func expectEverythingOnce(in process: Process, job id: Job.ID) async throws {
            let job = try await process.jobs.job(id)
            #expect(job.state == .succeeded, "\(job.reason ?? "")")
            let progress = job.progress
            #expect(progress.done + progress.skipped + progress.failed == progress.total)
            #expect(try await process.jobs.failures(of: id, limit: 10, offset: 0).count <= 1)
            let page = try await process.engine.images(
                inCatalogue: "default", matching: nil, after: nil, limit: 1000)
            #expect(page.images.count == Self.pictureCount)
            #expect(Set(page.images.map(\.hash)).count == Self.pictureCount)
            for image in page.images {
                #expect(FileManager.default.fileExists(atPath: try process.engine.originalPath(of: image)))
            }
            for number in [0, Self.pictureCount / 2, Self.pictureCount - 1] {
                let query = SearchTerm(.file(path: pictures + "/\(number).png"))
                let found = try await process.engine.search(SearchRequest(terms: [query], limit: 100))
                #expect(found.matches.count == Self.pictureCount)
                #expect(abs((found.matches.first?.score ?? 0) - 1) < 0.001)
            }
            try await process.engine.cleanSpool()
            #expect(try process.files.spooledPaths().isEmpty)
            #expect(try await process.queue.deadLetters(limit: 10).isEmpty)
        }
    }
#endif
