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
