import Foundation
import Hummingbird
import HummingbirdTesting
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

/// Originals that were left in place, in a folder that others may write to.
@Suite struct OriginalTests {
    private static let picture = SmallImage.numbered(1)
    private static let time = Date(timeIntervalSince1970: 1_700_000_000)

    private let fixture: ServerFixture
    private let folder: TemporaryFolder
    private let elsewhere: TemporaryFolder
    private var path: String { folder.path("a.png") }

    init() throws {
        fixture = try ServerFixture()
        folder = try TemporaryFolder()
        elsewhere = try TemporaryFolder()
    }

    private func setTime(_ time: Date, of path: String) throws {
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
    }

    /// Takes the folder's picture in where it lies; returns where its original is to be had.
    private func index(_ client: any TestClientProtocol) async throws -> String {
        let source = IngestWork.Source.paths([folder.path], copies: false, prunes: false, metadataPath: nil)
        let job = try await fixture.engine.submit(
            .ingest(IngestWork(catalogue: "default", modelID: "small", source: source)))
        #expect(try await client.waitForJob(job.id.rawValue)["done"] == 1)
        return "/v1/catalogues/default/images/\(try await client.firstImage())/original"
    }

    private func expectMissing(_ response: TestResponse) {
        #expect(response.status == .notFound)
        #expect(response.problemCode == "file-missing")
    }

    @Test func servesAFileThatIsAsItWas() async throws {
        try folder.write(Self.picture, to: "a.png")
        try await fixture.run { client async throws in
            let original = try await index(client)
            let response = try await client.get(original)
            #expect(Array(response.body.readableBytesView) == Self.picture)
            // Another time, the same bytes.
            try setTime(Self.time, of: path)
            #expect(try await Array(client.get(original).body.readableBytesView) == Self.picture)
        }
    }

    @Test func refusesAFileThatWasOverwritten() async throws {
        try folder.write(Self.picture, to: "a.png")
        try setTime(Self.time, of: path)
        try await fixture.run { client async throws in
            let original = try await index(client)
            let tag = try #require(try await client.get(original).headers[.eTag])
            try folder.write(SmallImage.numbered(2), to: "a.png")
            expectMissing(try await client.get(original))
            expectMissing(try await client.get(original, headers: [.ifNoneMatch: tag]))
        }
    }

    @Test(arguments: [100, SmallImage.numbered(1).count])
    func refusesALinkInTheFilesPlace(byteCount: Int) async throws {
        try folder.write(Self.picture, to: "a.png")
        let secret = try elsewhere.write([UInt8](repeating: 7, count: byteCount), to: "secret")
        for file in [path, secret] { try setTime(Self.time, of: file) }
        try await fixture.run { client async throws in
            let original = try await index(client)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: secret)
            expectMissing(try await client.get(original))
        }
    }

    @Test func refusesALinkInItsFoldersPlace() async throws {
        let picture = try folder.write(Self.picture, to: "sub/a.png")
        let secret = try elsewhere.write([UInt8](repeating: 7, count: Self.picture.count), to: "a.png")
        for file in [picture, secret] { try setTime(Self.time, of: file) }
        try await fixture.run { client async throws in
            let original = try await index(client)
            #expect(try await Array(client.get(original).body.readableBytesView) == Self.picture)
            try FileManager.default.removeItem(atPath: folder.path("sub"))
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("sub"), withDestinationPath: elsewhere.path)
            expectMissing(try await client.get(original))
        }
    }

    /// Links are followed when a folder is indexed.
    @Test func servesAPictureThroughALinkUntilThatLeadsElsewhere() async throws {
        let first = try elsewhere.write(Self.picture, to: "first")
        let second = try elsewhere.write(SmallImage.numbered(2), to: "second")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: first)
        try await fixture.run { client async throws in
            let original = try await index(client)
            #expect(try await Array(client.get(original).body.readableBytesView) == Self.picture)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: second)
            expectMissing(try await client.get(original))
        }
    }

    @Test func refusesWhatIsNoFileWithoutWaitingForIt() async throws {
        try folder.write(Self.picture, to: "a.png")
        try await fixture.run { client async throws in
            let original = try await index(client)
            try FileManager.default.removeItem(atPath: path)
            expectMissing(try await client.get(original))
            #expect(mkfifo(path, 0o600) == 0)
            expectMissing(try await client.get(original))
        }
    }
}
