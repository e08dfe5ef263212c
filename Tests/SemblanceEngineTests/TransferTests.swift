import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

/// Backups, and moves from one store to another.
@Suite struct TransferTests {
    private struct Side {
        let catalogues = InMemoryCatalogueStore()
        let keys = InMemoryAPIKeyStore()
        let files: TemporaryFileStore

        init() throws { files = try TemporaryFileStore() }

        var stores: TransferStores {
            TransferStores(catalogues: catalogues, keys: keys, jobs: InMemoryJobStore(), files: files)
        }
    }

    private let source: Side
    private let destination: Side
    private let folder: TemporaryFolder

    init() throws {
        (source, destination, folder) = (try Side(), try Side(), try TemporaryFolder())
    }

    private static func hash(_ number: Int) -> ContentHash { ContentHash(hashing: Array("original \(number)".utf8)) }

    private static func image(_ number: Int, location: CatalogueImage.Location = .stored) -> NewImage {
        NewImage(
            hash: hash(number), name: "Bild \(number).jpg", location: location,
            header: ImageHeader(format: .png, width: 3 + number, height: 4),
            byteCount: Int64("original \(number)".utf8.count),
            metadata: ["n": .number(Double(number)), "ü": ["\0", 1e-7]],
            embedding: Samples.embedding(number))
    }

    /// 600 stored images of two model versions, some with the second only, images in place, and one without embeddings.
    private func fill() async throws -> EmbeddingSpace {
        let store = source.catalogues
        let catalogue = try await store.createCatalogue(named: "shop", modelID: "m")
        let (old, new) = (Samples.space(in: catalogue.id), Samples.space(in: catalogue.id, digest: "d2"))
        for number in 0..<600 {
            let path = try folder.write(Array("original \(number)".utf8), to: "original")
            try source.files.store(copying: path, as: Self.hash(number))
        }
        let ids = try await store.add((0..<600).map { Self.image($0) }, to: old).map(\.id)
        _ = try await store.addEmbeddings(ids.suffix(250).map { ($0, Samples.embedding(7)) }, to: new)
        _ = try await store.add((600..<610).map { Self.image($0, location: .inPlace(path: "/p/\($0)")) }, to: new)
        let last = try await store.add([Self.image(700, location: .inPlace(path: "/z"))], to: new)[0].id
        await store.recordSources([(Samples.file("/z"), last), (Samples.file("/a"), last)], in: catalogue.id)
        // An image whose only embedding was deleted.
        let other = Samples.space(in: catalogue.id, digest: "d3")
        _ = try await store.add([Self.image(800, location: .inPlace(path: "/gone"))], to: other)
        while await store.deleteEmbeddings(in: other, limit: 100) {}
        await source.keys.insert(APIKey.make(name: "phone", scope: .write).key)
        _ = try await store.createCatalogue(named: "empty", modelID: "n")
        return old
    }

    @Test func bringsEverythingOverAndComparesIt() async throws {
        _ = try await fill()
        let report = try await CatalogueTransfer(
            from: StoreSource(source.stores), to: destination.stores
        ).run()
        #expect(report.catalogues == 2 && report.images == 612 && report.originals == 600 && report.keys == 1)
        try await expectEqual()
    }

    @Test func aBackupHoldsEverything() async throws {
        _ = try await fill()
        let backup = folder.path("backup")
        for _ in 0..<2 {
            let report = try await ArchiveWriter(
                backing: StoreSource(source.stores), upIn: backup, program: "test"
            ).run()
            #expect(report.images == 612 && report.originals == 600 && report.leftOut.isEmpty)
        }
        let archive = try await ArchiveSource.open(folder: backup)
        try await archive.check()
        _ = try await CatalogueTransfer(from: archive, to: destination.stores).run()
        try await expectEqual()
    }

    /// Every kind of file of a backup, changed by one byte, cut short or removed.
    @Test(arguments: ["backup.json", "1.jsonl", "1.vectors", "keys.jsonl", "files"], ["change", "cut", "remove"])
    func namesWhatIsDamaged(_ name: String, _ damage: String) async throws {
        _ = try await fill()
        let backup = folder.path("backup")
        _ = try await ArchiveWriter(backing: StoreSource(source.stores), upIn: backup, program: "test").run()
        let all = try #require(FileManager.default.enumerator(atPath: backup)).compactMap { $0 as? String }.sorted()
        let victim = try #require(
            all.last { name == "files" ? $0.hasPrefix("files/") && $0.count > 64 : $0.hasSuffix(name) })
        let path = backup + "/" + victim
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        switch damage {
        case "change": data[data.count / 2] ^= 1
        case "cut": data.removeLast(data.count / 2)
        default: try FileManager.default.removeItem(atPath: path)
        }
        if damage != "remove" { try data.write(to: URL(fileURLWithPath: path)) }
        do {
            let archive = try await ArchiveSource.open(folder: backup)
            try await archive.check()
            Issue.record("the damage was not noticed")
        } catch let error as TransferError {
            #expect([.damaged, .notABackup].contains(error.code))
            #expect(error.message.contains(victim), "\(error.message) names \(victim)")
        }
    }

    @Test func goesOnAfterAnInterruption() async throws {
        _ = try await fill()
        let stopping = CatalogueTransfer(from: StoreSource(source.stores), to: destination.stores) { progress in
            if progress.phase == .images, progress.done > 200 { withUnsafeCurrentTask { $0?.cancel() } }
        }
        await #expect(throws: CancellationError.self) { try await Task { try await stopping.run() }.value }
        let count = await destination.catalogues.imageCount(
            in: try await destination.catalogues.catalogue(named: "shop").id, matching: nil)
        #expect((1..<612).contains(count))
        let again = CatalogueTransfer(from: StoreSource(source.stores), to: destination.stores)
        await #expect { try await again.run() } throws: { ($0 as? TransferError)?.code == .catalogueTaken }
        _ = try await CatalogueTransfer(
            from: StoreSource(source.stores), to: destination.stores, continues: true
        ).run()
        try await expectEqual()
    }

    /// Later pages would lack the embeddings of the model that the backup names.
    @Test func noticesAModelThatChangesMeanwhile() async throws {
        _ = try await fill()
        let (reading, catalogues) = (StoreSource(source.stores), source.catalogues)
        let catalogue = try #require(try await reading.catalogues().first { $0.name == "shop" })
        await #expect {
            try await reading.forEachPage(of: catalogue) { _ in
                try await catalogues.setModel("another", of: try await catalogues.catalogue(named: "shop").id)
            }
        } throws: {
            ($0 as? TransferError)?.code == .modelChanged
        }
    }

    @Test func noticesWhatDoesNotAgree() async throws {
        let space = try await fill()
        _ = try await CatalogueTransfer(from: StoreSource(source.stores), to: destination.stores).run()
        let transfer = CatalogueTransfer(from: StoreSource(source.stores), to: destination.stores)
        let catalogue = try await StoreSource(source.stores).catalogues()[0]
        try await transfer.verify(catalogue)
        let ids = await source.catalogues.embeddedImages(in: space)
        _ = await source.catalogues.mergeMetadata([MetadataPatch(ids[300], ["n": 301])])
        await #expect { try await transfer.verify(catalogue) } throws: {
            ($0 as? TransferError)?.code == .mismatch
        }
    }

    @Test func leavesOutImagesWhoseOriginalIsDamaged() async throws {
        _ = try await fill()
        try Data("rotten".utf8).write(to: URL(fileURLWithPath: source.files.path(of: Self.hash(5))))
        try source.files.remove(Self.hash(6))
        let report = try await ArchiveWriter(
            backing: StoreSource(source.stores), upIn: folder.path("backup"), program: "test"
        ).run()
        #expect(report.images == 610)
        #expect(report.leftOut.map(\.path) == [Self.hash(5).hexadecimal, Self.hash(6).hexadecimal])
        try await ArchiveSource.open(folder: folder.path("backup")).check()
    }

    @Test func keepsOutOfAFolderThatHoldsOtherThings() async throws {
        try folder.write([1], to: "mine/picture.jpg")
        let writer = ArchiveWriter(backing: StoreSource(source.stores), upIn: folder.path("mine"), program: "test")
        await #expect { try await writer.run() } throws: { ($0 as? TransferError)?.code == .folderTaken }
    }

    /// Each would take the other's parts away.
    @Test func keepsOutOfAFolderThatAnotherBackupIsBeingWrittenTo() async throws {
        _ = try await fill()
        let writer = ArchiveWriter(
            backing: StoreSource(source.stores), upIn: folder.path("backup"), program: "test")
        _ = try await writer.run()
        let other = open(folder.path("backup/backup.json.lock"), O_RDWR)
        #expect(other >= 0 && flock(other, LOCK_EX | LOCK_NB) == 0, "the first has let go")
        await #expect { try await writer.run() } throws: { ($0 as? TransferError)?.code == .folderTaken }
        close(other)
        _ = try await writer.run()
        try await ArchiveSource.open(folder: folder.path("backup")).check()
    }

    private func expectEqual() async throws {
        let (expected, found) = (StoreSource(source.stores), StoreSource(destination.stores))
        #expect(try await found.keys() == expected.keys())
        let names = try await found.catalogues().map(\.name)
        #expect(try await names == expected.catalogues().map(\.name))
        for catalogue in try await expected.catalogues() {
            let (left, right) = (
                try await records(of: catalogue, in: expected), try await records(of: catalogue, in: found)
            )
            #expect(left.count == right.count && left.count == catalogue.imageCount)
            for (one, other) in zip(left, right) { #expect(one.agrees(with: other)) }
        }
        for number in 0..<600 {
            let path = destination.files.path(of: Self.hash(number))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("original \(number)".utf8))
        }
    }

    private func records(of catalogue: TransferredCatalogue, in source: StoreSource) async throws -> [ImageRecord] {
        let all = Gathered()
        try await source.forEachPage(of: catalogue) { all.append($0) }
        return all.records
    }
}

private final class Gathered: @unchecked Sendable {
    private let lock = NSLock()
    private var gathered: [ImageRecord] = []

    var records: [ImageRecord] { lock.withLock { gathered } }

    func append(_ records: [ImageRecord]) { lock.withLock { gathered += records } }
}
