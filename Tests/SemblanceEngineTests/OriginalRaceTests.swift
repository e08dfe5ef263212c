import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Synchronization
import Testing

/// Deletions that cross an ingestion of the same bytes: a row never comes to stand without its file.
@Suite struct OriginalRaceTests {
    private let fixture: EngineFixture
    private let hash = ContentHash(hashing: SmallImage.numbered(1))

    /// Catalogue `first` holds a stored copy of picture 1.
    init() async throws {
        fixture = try EngineFixture()
        try fixture.write(1, to: "1.png")
        try await fixture.index(catalogue: "first", copies: true)
    }

    private func original(in catalogue: String) async throws -> [UInt8]? {
        let image = try await fixture.engine.image(hash.hexadecimal, inCatalogue: catalogue)
        return FileManager.default.contents(atPath: try fixture.engine.originalPath(of: image)).map(Array.init)
    }

    /// The same, once; later calls do nothing.
    private func once(_ body: @escaping @Sendable () async throws -> Void) -> @Sendable () async throws -> Void {
        let isDone = Once()
        return { if isDone.isFirst { try await body() } }
    }

    @Test func anIngestionThatFindsTheFileAfterItsLastRowWentKeepsIt() async throws {
        let ingest = once { [fixture] in try await fixture.index(catalogue: "second", copies: true) }
        await fixture.store.interfere { $0.afterDeleting = ingest }
        try await fixture.engine.deleteImage(hash.hexadecimal, inCatalogue: "first")
        #expect(try await original(in: "second") == SmallImage.numbered(1))
    }

    @Test func aDeletionBetweenStoringAndTheRowLeavesTheFile() async throws {
        let delete = once { [fixture, hash] in
            try await fixture.engine.deleteImage(hash.hexadecimal, inCatalogue: "first")
        }
        await fixture.store.interfere { $0.beforeAdding = delete }
        try await fixture.index(catalogue: "second", copies: true)
        #expect(try await fixture.names(in: "first") == [])
        #expect(try await original(in: "second") == SmallImage.numbered(1))
    }

    @Test func aWholeCatalogueThatGoesMeanwhileLeavesTheFile() async throws {
        let delete = once { [fixture] in try await fixture.engine.deleteCatalogue(named: "first") }
        await fixture.store.interfere { $0.beforeAdding = delete }
        try await fixture.index(catalogue: "second", copies: true)
        #expect(try await original(in: "second") == SmallImage.numbered(1))
    }

    @Test func withoutACrossingTheFileGoesWithItsLastRow() async throws {
        try await fixture.index(catalogue: "second", copies: true)
        let path = fixture.files.path(of: hash)
        try await fixture.engine.deleteImage(hash.hexadecimal, inCatalogue: "first")
        #expect(FileManager.default.fileExists(atPath: path))
        try await fixture.engine.deleteImage(hash.hexadecimal, inCatalogue: "second")
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}

/// True once.
private final class Once: Sendable {
    private let isOver = Mutex(false)

    var isFirst: Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }
}
