import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite struct MetadataTests {
    /// The examples of RFC 7396, appendix A.
    @Test(
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
            (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
            (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            (#"{"a":"foo"}"#, #"{"a":{"b":{"c":null}}}"#, #"{"a":{"b":{}}}"#),
            (#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#),
        ])
    func mergesAPatch(original: String, patch: String, expected: String) throws {
        let merged = try JSONValue(parsing: Data(original.utf8)).merging(patch: JSONValue(parsing: Data(patch.utf8)))
        #expect(merged == (try JSONValue(parsing: Data(expected.utf8))))
    }

    @Test(arguments: ["a/b.jpg", "./a/b.jpg", "a//b.jpg", "c/../a/b.jpg"])
    func findsMetadataByPathBesideTheList(path: String) throws {
        let folder = try TemporaryFolder()
        let list = try folder.write(
            Array("{\"path\": \"\(path)\", \"metadata\": {\"n\": 1}}\n\n".utf8), to: "list.jsonl")
        let metadata = try MetadataList(contentsOf: list)
        #expect(metadata.metadata(forPath: folder.path + "/a/b.jpg") == ["n": 1])
        #expect(metadata.metadata(forPath: "/elsewhere/b.jpg") == [:])
    }

    /// `{"text": "xx…"}` of so many bytes.
    private func metadata(ofByteCount count: Int) -> JSONValue {
        ["text": .string(String(repeating: "x", count: count - 11))]
    }

    /// `{"a": [[…]]}` of so many levels.
    private static func nested(_ depth: Int) -> JSONValue {
        ["a": (1..<depth).reduce(JSONValue.number(1)) { value, _ in [value] }]
    }

    @Test func takesMetadataUpToItsLimitOnly() throws {
        try Metadata.validate(metadata(ofByteCount: 64_000))
        try Metadata.validate(Self.nested(64))
        for bad: JSONValue in [metadata(ofByteCount: 64_001), Self.nested(65), [1], "text", .null] {
            #expect { try Metadata.validate(bad) } throws: { ($0 as? RequestError)?.code == .invalidMetadata }
        }
    }

    /// What is stored must be readable again, wherever it is told.
    @Test(arguments: [64, 65, 127, 130, 511])
    func metadataThatIsTakenInCanBeRead(depth: Int) async throws {
        let fixture = try EngineFixture()
        try fixture.write(1, to: "a.png")
        let line = "{\"path\": \"a.png\", \"metadata\": \(Self.nested(depth).text)}\n"
        let list = try fixture.folder.write(Array(line.utf8), to: "list.jsonl")
        let job = try await fixture.index(metadataPath: list)
        #expect(job.state == (depth <= 64 ? .succeeded : .failed))
        #expect(try await fixture.names().count == (depth <= 64 ? 1 : 0))
    }

    @Test func namesTheLineWhoseMetadataIsTooLarge() async throws {
        let fixture = try EngineFixture()
        try fixture.write(1, to: "a.png")
        let line = "{\"path\": \"a.png\", \"metadata\": \(metadata(ofByteCount: 70_000).text)}\n"
        let list = try fixture.folder.write(Array(line.utf8), to: "list.jsonl")
        let job = try await fixture.index(metadataPath: list)
        #expect(job.state == .failed)
        #expect(job.reason?.hasPrefix("Line 1 of") == true)
        #expect(job.reason?.contains("64000 bytes") == true)
    }

    /// Each run adds something else; together it is too much. The file is named, and the image stays as it was.
    @Test(arguments: [false, true], [false, true])
    func keepsAnImageWhoseMetadataWouldGrowTooLarge(isTouched: Bool, copies: Bool) async throws {
        let fixture = try EngineFixture()
        let path = try fixture.write(1, to: "a.png")
        func index(_ name: String, copies: Bool = false) async throws -> Job {
            let text = JSONValue.string(String(repeating: name, count: 40_000)).text
            let line = "{\"path\": \"a.png\", \"metadata\": {\"\(name)\": \(text)}}\n"
            let list = try fixture.folder.write(Array(line.utf8), to: "list.jsonl")
            return try await fixture.index(copies: copies, metadataPath: list)
        }
        #expect(try await index("a").progress.done == 1)
        let before = try await fixture.engine.images(inCatalogue: "default", matching: nil, after: nil, limit: 1)
        // An unchanged file is recognised unread, a touched one by its bytes.
        if isTouched {
            try FileManager.default.setAttributes([.modificationDate: Date.distantPast], ofItemAtPath: path)
        }
        let job = try await index("b", copies: copies)
        #expect((job.state, job.progress.skipped, job.progress.failed) == (.succeeded, 0, 1))
        let failures = try await fixture.engine.failures(of: job.id.rawValue)
        #expect(failures.map(\.code) == ["invalid-metadata"])
        #expect(failures.first?.path.hasSuffix("a.png") == true)
        let after = try await fixture.engine.images(inCatalogue: "default", matching: nil, after: nil, limit: 1)
        #expect(after.images.map(\.metadata) == before.images.map(\.metadata))
        #expect((after.images.first?.location == .stored) == copies)
    }

    @Test(arguments: ["{\"path\": 1}", "text", "{\"path\": \"a\", \"metadata\": 3}"])
    func namesTheLineThatIsWrong(line: String) throws {
        let folder = try TemporaryFolder()
        let list = try folder.write(
            Array("{\"path\": \"a\", \"metadata\": {}}\n\(line)\n".utf8), to: "list.jsonl")
        let error = #expect(throws: RequestError.self) { try MetadataList(contentsOf: list) }
        #expect(error?.code == .invalidMetadata)
        #expect(error?.message.hasPrefix("Line 2 of") == true)
    }
}
