import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite struct FileBytesTests {
    /// A machine without file handles is no fault of the file, which must not be thrown away for it.
    @Test func tellsTheMachinesTroubleFromTheFiles() {
        for code in [EMFILE, ENFILE, ENOMEM] { #expect(FileBytes.unreadable(code).isTransient) }
        for code in [ENOENT, EACCES, EIO] { #expect((FileBytes.unreadable(code) as? ImageError)?.code == .unreadable) }
    }
}

@Suite struct IngestionTests {
    /// Between the image's commit and its way into the index.
    @Test func anImageThatIsDeletedMeanwhileIsNotFound() async throws {
        let later = Later<Engine>()
        let victim = ContentHash(hashing: SmallImage.numbered(2)).hexadecimal
        let fixture = try EngineFixture { _ in
            try? await later.value?.deleteImage(victim, inCatalogue: "default")
        }
        later.value = fixture.engine
        for number in 0..<5 { try fixture.write(number, to: "\(number).png") }
        try await fixture.index()
        #expect(try await fixture.names() == ["0.png", "1.png", "3.png", "4.png"])
        #expect(try await fixture.search(SearchTerm(.bytes(SmallImage.numbered(2))), limit: 4).count == 4)
        let catalogue = try await fixture.engine.catalogue(named: "default")
        let space = EmbeddingSpace(catalogueID: catalogue.id, model: SmallEmbedder().version)
        #expect(try await fixture.indexes.index(for: space).count() == 4)
    }

    let fixture: EngineFixture

    init() throws { fixture = try EngineFixture() }

    @Test func takesInAFolder() async throws {
        for number in 0..<100 { try fixture.write(number, to: "a/\(number % 7)/\(number).png") }
        let job = try await fixture.index()
        #expect(job.state == .succeeded)
        #expect(job.progress == JobProgress(total: 100, done: 100))
        #expect(job.result?["indexed"] == 100)
        #expect(try await fixture.names().count == 100)
    }

    @Test func skipsUnchangedFilesUnread() async throws {
        let path = try fixture.write(1, to: "1.png")
        try await fixture.index()
        // Other bytes of the same size, with the old time: only reading would tell.
        var status = stat()
        try #require(stat(path, &status) == 0)
        try fixture.write(2, to: "1.png")
        let times = [status.st_atim, status.st_mtim]
        try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
        let job = try await fixture.index()
        #expect(job.progress == JobProgress(total: 1, skipped: 1))
    }

    @Test func takesTheSameBytesOnce() async throws {
        for name in ["a.png", "b.png", "c.png"] { try fixture.write(1, to: name) }
        let job = try await fixture.index()
        #expect(job.progress.done == 1)
        #expect(job.progress.skipped == 2)
        #expect(try await fixture.names().count == 1)
        #expect(try await fixture.index().progress == JobProgress(total: 3, skipped: 3))
    }

    @Test func replacesAFileThatChanged() async throws {
        let path = try fixture.write(1, to: "1.png")
        try await fixture.index()
        let old = try await fixture.search(SearchTerm(.file(path: path)))
        try fixture.write(2, to: "1.png")
        try FileManager.default.setAttributes([.modificationDate: Date() + 5], ofItemAtPath: path)
        let job = try await fixture.index()
        #expect(job.progress.done == 1)
        #expect(old == ["1.png"])
        let page = try await fixture.engine.images(inCatalogue: "default", matching: nil, after: nil, limit: 10)
        #expect(page.images.map(\.hash) == [ContentHash(hashing: SmallImage.numbered(2))])
    }

    /// The old bytes live on under another name: found as known in the same run in which their old path is replaced.
    @Test(arguments: [0, 60]) func followsAFileThatWasRenamedAndReplaced(fileCountBetween: Int) async throws {
        try fixture.write(1, to: "b.png")
        for number in 0..<fileCountBetween { try fixture.write(100 + number, to: "c\(number).png") }
        try await fixture.index()
        try FileManager.default.moveItem(atPath: fixture.folder.path("b.png"), toPath: fixture.folder.path("d.png"))
        try fixture.write(2, to: "b.png")
        let job = try await fixture.index()
        #expect(job.progress.done == 1)
        let page = try await fixture.engine.images(inCatalogue: "default", matching: nil, after: nil, limit: 1000)
        let places = page.images.reduce(into: [:]) { $0[$1.hash] = $1.location }
        #expect(
            places[ContentHash(hashing: SmallImage.numbered(1))] == .inPlace(path: fixture.folder.path("d.png")))
        #expect(
            places[ContentHash(hashing: SmallImage.numbered(2))] == .inPlace(path: fixture.folder.path("b.png")))
    }

    @Test func keepsEverythingWhenAFolderLooksEmptied() async throws {
        for number in 0..<3 { try fixture.write(number, to: "disk/\(number).png") }
        try await fixture.index()
        try FileManager.default.removeItem(atPath: fixture.folder.path("disk"))
        try FileManager.default.createDirectory(
            atPath: fixture.folder.path("disk"), withIntermediateDirectories: false)
        try await fixture.index([fixture.folder.path("disk")], prunes: true)
        #expect(try await fixture.names().count == 3)
    }

    @Test func countsAndNamesBrokenFilesAndTakesTheOthers() async throws {
        for number in 0..<20 { try fixture.write(number, to: "\(number).png") }
        try fixture.folder.write([], to: "empty.jpg")
        try fixture.folder.write(Array("hello".utf8), to: "text.jpg")
        try fixture.folder.write(SmallImage.numbered(99).dropLast(200), to: "cut.png")
        let job = try await fixture.index()
        #expect(job.state == .succeeded)
        #expect(job.progress == JobProgress(total: 23, done: 20, failed: 3))
        let failures = try await fixture.engine.failures(of: job.id.rawValue)
        #expect(
            Dictionary(uniqueKeysWithValues: failures.map { ($0.path, $0.code) }) == [
                fixture.folder.path("empty.jpg"): "image-empty",
                fixture.folder.path("text.jpg"): "image-unsupported-format",
                fixture.folder.path("cut.png"): "image-damaged",
            ])
    }

    @Test func refusesAFileThatIsTooLarge() async throws {
        let fixture = try EngineFixture(
            configuration: EngineConfiguration(
                workerThreadCount: 2, limits: DecodingLimits(maximumByteCount: 2000)))
        try fixture.folder.write([UInt8](repeating: 1, count: 2001), to: "large.png")
        try fixture.write(1, to: "small.png")
        let job = try await fixture.index()
        #expect(job.progress == JobProgress(total: 2, done: 1, failed: 1))
        #expect(try await fixture.engine.failures(of: job.id.rawValue).first?.code == "image-too-many-bytes")
    }

    @Test func removesImagesWhoseFilesAreGoneWhenAsked() async throws {
        for number in 0..<5 { try fixture.write(number, to: "\(number).png") }
        try await fixture.index()
        try FileManager.default.removeItem(atPath: fixture.folder.path("3.png"))
        try await fixture.index()
        #expect(try await fixture.names().count == 5)
        try await fixture.index(prunes: true)
        #expect(try await fixture.names() == ["0.png", "1.png", "2.png", "4.png"])
        let found = try await fixture.search(SearchTerm(.file(path: fixture.folder.path("1.png"))))
        #expect(!found.contains("3.png"))
    }

    @Test func keepsWhatLiesBehindALinkThatLeadsNowhere() async throws {
        let disk = try TemporaryFolder()
        try disk.write(SmallImage.numbered(1), to: "pictures/1.png")
        try disk.write(SmallImage.numbered(2), to: "pictures/2.png")
        try FileManager.default.createSymbolicLink(
            atPath: fixture.folder.path("album"), withDestinationPath: disk.path("pictures"))
        try fixture.write(3, to: "3.png")
        try await fixture.index()
        try FileManager.default.moveItem(atPath: disk.path("pictures"), toPath: disk.path("elsewhere"))
        #expect(try await fixture.index(prunes: true).progress.failed == 1)
        #expect(try await fixture.names() == ["1.png", "2.png", "3.png"])
        // There again, without one of them: now it is gone.
        try FileManager.default.removeItem(atPath: disk.path("elsewhere/1.png"))
        try FileManager.default.moveItem(atPath: disk.path("elsewhere"), toPath: disk.path("pictures"))
        try await fixture.index(prunes: true)
        #expect(try await fixture.names() == ["2.png", "3.png"])
    }

    @Test func countsWhatItLeavesOut() async throws {
        for name in ["a.svg", "b/notes.txt", "c"] { try fixture.folder.write(Array("text".utf8), to: name) }
        try fixture.write(1, to: "1.png")
        #expect(try await fixture.index().result?["left_out"] == 3)
    }

    @Test func addsAnotherModelToTheSameImages() async throws {
        try fixture.write(1, to: "1.png")
        try await fixture.index()
        #expect(try await fixture.index(model: "smaller").progress.done == 1)
        let statistics = try await fixture.engine.statistics(ofCatalogue: "default")
        #expect(statistics.imageCount == 1)
        #expect(statistics.embeddingCounts == ["small": 1, "smaller": 1])
    }

    /// Picture 1 is there still when its file is not.
    private func expectCopy(of path: String) async throws {
        try FileManager.default.removeItem(atPath: path)
        let id = ContentHash(hashing: SmallImage.numbered(1)).hexadecimal
        let image = try await fixture.engine.image(id, inCatalogue: "default")
        #expect(image.location == .stored)
        let original = try fixture.engine.originalPath(of: image)
        #expect(FileManager.default.contents(atPath: original).map(Array.init) == SmallImage.numbered(1))
    }

    @Test func keepsCopiesWhenAsked() async throws {
        let path = try fixture.write(1, to: "1.png")
        try await fixture.index(copies: true)
        try await expectCopy(of: path)
    }

    /// Whoever asks for a copy means to do without the folder.
    @Test func copiesWhatIsThereInPlaceAlready() async throws {
        let path = try fixture.write(1, to: "1.png")
        try await fixture.index()
        let job = try await fixture.index(copies: true)
        #expect(job.progress == JobProgress(total: 1, skipped: 1))
        try await expectCopy(of: path)
    }

    @Test func keepsAnUploadOfWhatIsThereInPlace() async throws {
        for number in 0..<3 { try fixture.write(number, to: "\(number).png") }
        try await fixture.index()
        #expect(try await fixture.run(.ingest(try fixture.spool(numbers: 1..<2))).progress.skipped == 1)
        for number in 1..<3 { try FileManager.default.removeItem(atPath: fixture.folder.path("\(number).png")) }
        try await fixture.index(prunes: true)
        #expect(try await fixture.names() == ["0.png", "1.png"])
    }

    @Test func addsMetadataFromAList() async throws {
        try fixture.write(1, to: "a/1.png")
        let list = try fixture.folder.write(
            Array("{\"path\": \"a/1.png\", \"metadata\": {\"colour\": \"red\"}}\n".utf8), to: "list.jsonl")
        try await fixture.index(metadataPath: list)
        let page = try await fixture.engine.images(
            inCatalogue: "default", matching: try MetadataFilter(text: "colour=red"), after: nil, limit: 10)
        #expect(page.images.map(\.name) == ["1.png"])
    }

    @Test func changesMetadataOfUnchangedFiles() async throws {
        try fixture.write(1, to: "1.png")
        try await fixture.index()
        let list = try fixture.folder.write(
            Array("{\"path\": \"1.png\", \"metadata\": {\"colour\": \"blue\"}}\n".utf8), to: "list.jsonl")
        #expect(try await fixture.index(metadataPath: list).progress.skipped == 1)
        let page = try await fixture.engine.images(inCatalogue: "default", matching: nil, after: nil, limit: 10)
        #expect(page.images.map(\.metadata) == [["colour": "blue"]])
    }

    @Test func takesUploadsAndEmptiesTheSpool() async throws {
        let job = try await fixture.run(.ingest(try fixture.spool(numbers: 0..<10)))
        #expect(job.progress == JobProgress(total: 10, done: 10))
        #expect(try fixture.files.spooledPaths().isEmpty)
        #expect(try await fixture.names().first == "upload-0.png")
    }

    @Test func goesOnWithUploadsWhereAKilledProcessStopped() async throws {
        let work = try fixture.spool(numbers: 0..<6)
        guard case .spool(let listPath) = work.source else { return }
        // Two were taken in: their rows are there and their spool files gone.
        for upload in try SpoolList(path: listPath).uploads().prefix(2) {
            try fixture.files.removeSpooled(upload.path)
        }
        let job = try await fixture.run(.ingest(work))
        #expect(job.progress == JobProgress(total: 6, done: 4, skipped: 2))
        #expect(job.progress.failed == 0)
    }

    /// A share that is not mounted has no files: that they were taken in is not why they are not there.
    @Test func uploadsWhoseFolderIsAwayWereNotTakenIn() async throws {
        let lost = SpooledUpload(path: fixture.folder.path("away/upload"), name: "a.png")
        let listPath = try fixture.files.makeSpoolPath()
        try Data(SpoolList.line(for: lost)).write(to: URL(fileURLWithPath: listPath))
        let work = IngestWork(catalogue: "default", modelID: "small", source: .spool(listPath: listPath))
        let job = try await fixture.run(.ingest(work))
        #expect((job.state, job.reasonCode) == (.failed, "data-folder-unavailable"))
        #expect(StoreErrorCode.folderUnavailable.isTransient)
    }

    @Test func aListOfUploadsWhoseFolderIsAwayIsNotGone() async throws {
        let work = try fixture.spool(numbers: 0..<3)
        let spool = (try fixture.files.makeSpoolPath() as NSString).deletingLastPathComponent
        try FileManager.default.moveItem(atPath: spool, toPath: spool + ".away")
        let job = try await fixture.run(.ingest(work))
        #expect((job.state, job.reasonCode) == (.failed, "data-folder-unavailable"))
    }

    @Test func anUploadThatCannotBeReadFailsAlone() async throws {
        let work = try fixture.spool(numbers: 0..<3)
        guard case .spool(let listPath) = work.source else { return }
        let upload = try #require(try SpoolList(path: listPath).uploads().first { _ in true })
        try FileManager.default.removeItem(atPath: upload.path)
        try FileManager.default.createDirectory(atPath: upload.path, withIntermediateDirectories: false)
        let job = try await fixture.run(.ingest(work))
        #expect(job.progress == JobProgress(total: 3, done: 2, failed: 1))
        #expect(try await fixture.engine.failures(of: job.id.rawValue).map(\.code) == ["image-unreadable"])
    }

    @Test(.timeLimit(.minutes(1))) func stopsWhenCancelledAndKeepsWhatItFound() async throws {
        try fixture.folder.write(Array("text".utf8), to: "0.png")
        for number in 1..<2000 { try fixture.write(number, to: "\(number).png") }
        let job = try await fixture.engine.submit(
            .ingest(
                IngestWork(
                    catalogue: "default", modelID: "small",
                    source: .paths([fixture.folder.path], copies: false, prunes: false, metadataPath: nil))))
        let engine = fixture.engine
        let running = Task { try await engine.run(job.id) }
        // The broken file is the first: it is known to have failed before the job is stopped.
        _ = try await engine.waitForJob(job.id.rawValue, timeout: .seconds(50)) { $0.progress.failed > 0 }
        _ = try? await engine.cancelJob(job.id.rawValue)
        try await running.value
        let ended = try await engine.job(job.id.rawValue)
        // On a machine that is busy elsewhere it may have come to its end first.
        #expect(ended.state == .cancelled || ended.progress.done == 1999)
        // A batch that was being written when the request came is there, though nobody counted it.
        #expect(try await engine.statistics(ofCatalogue: "default").imageCount >= ended.progress.done)
        #expect(try await engine.failures(of: job.id.rawValue).map(\.code) == ["image-unsupported-format"])
    }

    @Test func putsAnInterruptedJobBack() async throws {
        for number in 0..<300 { try fixture.write(number, to: "\(number).png") }
        let job = try await fixture.engine.submit(
            .ingest(
                IngestWork(
                    catalogue: "default", modelID: "small",
                    source: .paths([fixture.folder.path], copies: false, prunes: false, metadataPath: nil))))
        let engine = fixture.engine
        let running = Task { try await engine.run(job.id) }
        _ = try await engine.waitForJob(job.id.rawValue, timeout: .seconds(30)) { $0.state != .queued }
        running.cancel()
        try await running.value
        let interrupted = try await engine.job(job.id.rawValue)
        try #require(interrupted.state == .queued || interrupted.state == .succeeded)
        try await engine.run(job.id)
        #expect(try await engine.job(job.id.rawValue).state == .succeeded)
        #expect(try await fixture.names().count == 300)
    }

    @Test func refusesAnUnknownModel() async throws {
        await #expect(throws: ModelError.self) { try await fixture.index(model: "none") }
    }

    @Test func refusesURLsWithoutAFetcher() async throws {
        let job = try await fixture.run(
            .ingest(IngestWork(catalogue: "default", modelID: "small", source: .urls(["http://127.0.0.1/a.png"]))))
        #expect(job.progress == JobProgress(total: 1, failed: 1))
        #expect(try await fixture.engine.failures(of: job.id.rawValue).first?.code == "image-fetch-refused")
    }
}
