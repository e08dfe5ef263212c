import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct DatabaseTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("semblance.sqlite") }

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A database with images, closed: all of it is in the one file.
    private func fill(imageCount: Int = 200) async throws {
        let database = try await SQLiteDatabase.open(path: path, role: .writer)
        let store = SQLiteCatalogueStore(database: database)
        let catalogue = try await store.createCatalogue(named: "default", modelID: "m")
        _ = try await store.add(
            (0..<imageCount).map { Samples.image($0, metadata: ["number": .number(Double($0))]) },
            to: Samples.space(in: catalogue.id))
        try database.close()
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    }

    private func expectFailure(_ code: StoreError.Code, role: SQLiteDatabase.Role = .writer, mentioning text: String)
        async
    {
        do {
            let database = try await SQLiteDatabase.open(path: path, role: role)
            let store = SQLiteCatalogueStore(database: database)
            for catalogue in try await store.catalogues() {
                _ = try await store.images(in: catalogue.id, matching: nil, after: nil, limit: .max)
            }
            Issue.record("expected '\(code.rawValue)', not success")
        } catch let error as StoreError {
            #expect(error.code == code)
            #expect(error.message.contains(text), "\(error.message)")
        } catch {
            Issue.record("expected a StoreError, not \(error)")
        }
    }

    @Test(arguments: [SQLiteDatabase.Role.writer, .reader])
    func saysThatAFileIsNoDatabase(role: SQLiteDatabase.Role) async throws {
        for bytes in [Array("this is a text file, not a database\n".utf8), [UInt8](repeating: 0xFF, count: 100_000)] {
            try folder.write(bytes, to: "semblance.sqlite")
            await expectFailure(.damaged, role: role, mentioning: "damaged")
            // It is not touched: somebody may still want it.
            #expect(FileManager.default.contents(atPath: path).map(Array.init) == bytes)
        }
    }

    @Test(arguments: [SQLiteDatabase.Role.writer, .reader])
    func saysThatAFileIsCutOff(role: SQLiteDatabase.Role) async throws {
        try await fill()
        var contents = try #require(FileContents(path))
        try contents.truncate(to: contents.data.count / 2)
        await expectFailure(.damaged, role: role, mentioning: ".recover")
    }

    /// The header is page 1; the next pages are the roots of tables and indexes.
    @Test(arguments: [0..<16, 100..<140, 4096..<4200, 3 * 4096..<4 * 4096, 30 * 4096..<34 * 4096])
    func noticesOverwrittenBytes(range: Range<Int>) async throws {
        try await fill()
        var contents = try #require(FileContents(path))
        try #require(contents.data.count > range.upperBound)
        try contents.overwrite(range, with: 0xA5)
        await expectFailure(.damaged, mentioning: "damaged")
    }

    @Test func aDamagedDatabaseIsNotChangedByOpeningIt() async throws {
        try await fill()
        var contents = try #require(FileContents(path))
        try contents.overwrite(3 * 4096..<4 * 4096, with: 0)
        await expectFailure(.damaged, mentioning: "damaged")
        #expect(FileManager.default.contents(atPath: path) == contents.data)
    }

    @Test func refusesTheDatabaseOfAnotherProgram() async throws {
        try await fill(imageCount: 1)
        // Bytes 68 to 71 of SQLite's header say whose database it is.
        var contents = try #require(FileContents(path))
        try contents.overwrite(68..<72, with: 0)
        await expectFailure(.damaged, mentioning: "not a Semblance database")
    }

    @Test(arguments: [SQLiteDatabase.Role.writer, .reader])
    func refusesTheSchemaOfANewerVersion(role: SQLiteDatabase.Role) async throws {
        try await fill(imageCount: 1)
        // Bytes 60 to 63 are the number of the schema, most significant first.
        var contents = try #require(FileContents(path))
        let present = contents.data[63]
        try contents.overwrite(63..<64, with: 99)
        await expectFailure(.newerSchema, role: role, mentioning: "newer version")
        #expect(FileManager.default.contents(atPath: path) == contents.data)
        try contents.overwrite(63..<64, with: present)
        _ = try await SQLiteDatabase.open(path: path, role: role)
    }

    /// An index's files would take one image for another if a database that was put back, or made anew, used a number
    /// that they know.
    @Test func numbersAreNotUsedAgainInAnotherCopyOfTheDatabase() async throws {
        func add(_ number: Int, at path: String) async throws -> Int64 {
            let database = try await SQLiteDatabase.open(path: path, role: .writer)
            defer { try? database.close() }
            let store = SQLiteCatalogueStore(database: database)
            let catalogue =
                if let known = try? await store.catalogue(named: "c") { known } else {
                    try await store.createCatalogue(named: "c", modelID: "m")
                }
            return try await store.add([Samples.image(number)], to: Samples.space(in: catalogue.id))[0].id.rawValue
        }
        var numbers = [try await add(1, at: path)]
        let copy = folder.path("copy.sqlite")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        for number in 2...4 { numbers.append(try await add(number, at: path)) }
        numbers.append(try await add(5, at: copy))
        numbers.append(try await add(6, at: folder.path("new.sqlite")))
        #expect(numbers == numbers.sorted() && Set(numbers).count == 6)
    }

    @Test func manyProcessesMayMakeTheDatabaseAtOnce() async throws {
        let path = self.path
        let stores = try await withThrowingTaskGroup(of: SQLiteCatalogueStore.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    SQLiteCatalogueStore(database: try await SQLiteDatabase.open(path: path, role: .reader))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for store in stores { #expect(try await store.catalogues().isEmpty) }
    }

    @Test func aReaderBesideAWriterSeesItsWorkAndMayOnlyAddJobsAndKeys() async throws {
        let writer = try await SQLiteDatabase.open(path: path, role: .writer)
        let reader = try await SQLiteDatabase.open(path: path, role: .reader)
        let (written, seen) = (SQLiteCatalogueStore(database: writer), SQLiteCatalogueStore(database: reader))
        let catalogue = try await written.createCatalogue(named: "c", modelID: "m")
        let space = Samples.space(in: catalogue.id)
        _ = try await written.add([Samples.image(1)], to: space)
        #expect(try await seen.imageCount(in: catalogue.id, matching: nil) == 1)

        let forbidden: [() async throws -> Void] = [
            { _ = try await seen.createCatalogue(named: "d", modelID: "m") },
            { _ = try await seen.add([Samples.image(2)], to: space) },
            { _ = try await seen.deleteCatalogue(catalogue.id) },
            { _ = try await seen.forgetSources(["/a"], in: catalogue.id) },
        ]
        for attempt in forbidden {
            await #expect { try await attempt() } throws: { ($0 as? StoreError)?.code == .dataFolderInUse }
        }

        let (jobs, jobsOfWriter) = (SQLiteJobStore(database: reader), SQLiteJobStore(database: writer))
        let (first, second) = (Job(work: Samples.ingestion()), Job(work: Samples.ingestion()))
        for job in [first, second] { try await jobs.insert(job) }
        #expect(try await jobsOfWriter.unfinished(lane: .ingest, limit: 9) == [first.id, second.id])
        _ = try await jobsOfWriter.start(first.id)
        #expect(try await jobs.requestCancellation(first.id).isCancellationRequested)
        #expect(try await jobs.requestCancellation(second.id).state == .cancelled)
        #expect(try await jobsOfWriter.report(first.id, progress: JobProgress(), failures: []))
        // What the writer runs is not for a reader to take over.
        #expect(try await jobs.unfinished(lane: .ingest, limit: 9).isEmpty)
        await #expect(throws: StoreError.self) { try await jobs.start(first.id) }

        let key = APIKey.make(name: "k", scope: .read).key
        try await SQLiteAPIKeyStore(database: reader).insert(key)
        #expect(try await SQLiteAPIKeyStore(database: writer).keys().map(\.id) == [key.id])
    }

    @Test(.enabled(if: MountedFolder.isPossible, "needs the right to mount a small file system"))
    func aReadOnlyFolderSaysSo() async throws {
        try await MountedFolder.withTmpfs(byteCount: 4 << 20) { mounted in
            let database = try await SQLiteDatabase.open(path: mounted + "/semblance.sqlite", role: .writer)
            try database.close()
            try MountedFolder.makeReadOnly(mounted)
            for role in [SQLiteDatabase.Role.writer, .reader] {
                await #expect {
                    _ = try await SQLiteDatabase.open(path: mounted + "/semblance.sqlite", role: role)
                } throws: { ($0 as? StoreError)?.code == .notWritable }
            }
        }
    }

    @Test(.enabled(if: MountedFolder.isPossible, "needs the right to mount a small file system"))
    func aFullDiskLosesNothingThatWasReported() async throws {
        try await MountedFolder.withTmpfs(byteCount: 2 << 20) { mounted in
            let path = mounted + "/semblance.sqlite"
            let database = try await SQLiteDatabase.open(path: path, role: .writer)
            let store = SQLiteCatalogueStore(database: database)
            let space = Samples.space(
                in: try await store.createCatalogue(named: "c", modelID: "m").id, dimension: 1280)
            var reported = 0
            await #expect {
                while reported < 5000 {
                    let batch = (reported..<reported + 20).map { Samples.image($0, dimension: 1280) }
                    _ = try await store.add(batch, to: space)
                    reported += 20
                }
            } throws: { ($0 as? StoreError)?.code == .diskFull }
            #expect(reported > 0)
            #expect(try await store.imageCount(in: space.catalogueID, matching: nil) == reported)
            #expect(try await store.embeddedImages(in: space).count == reported)
            try? database.close()
        }
    }

    @Test(.enabled(if: MountedFolder.isPossible, "needs the right to mount a small file system"))
    func aDiskThatIsFullFromTheStartSaysSo() async throws {
        try await MountedFolder.withTmpfs(byteCount: 256 << 10) { mounted in
            let filler = [UInt8](repeating: 1, count: 252 << 10)
            try Data(filler).write(to: URL(fileURLWithPath: mounted + "/filler"))
            await #expect {
                _ = try await SQLiteDatabase.open(path: mounted + "/semblance.sqlite", role: .writer)
            } throws: { ($0 as? StoreError)?.code == .diskFull }
        }
    }
}
