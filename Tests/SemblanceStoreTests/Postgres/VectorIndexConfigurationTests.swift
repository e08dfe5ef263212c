import SemblanceCore
import SemblanceStore
import Testing

@Suite struct VectorIndexConfigurationTests {
    @Test func readsWhatDiffersFromTheDefaults() throws {
        let configuration = try VectorIndexConfiguration(
            parsing: "kind=binary,m=24,ef_construction=128,ef_search=200,rerank=40,min_vectors=7,build_mb=64")
        var expected = VectorIndexConfiguration()
        expected.kind = .binary
        expected.linkCount = 24
        expected.buildCandidateCount = 128
        expected.searchCandidateCount = 200
        expected.rerankFactor = 40
        expected.minimumCount = 7
        expected.buildMegabytes = 64
        #expect(configuration == expected)
        expected = VectorIndexConfiguration()
        expected.searchCandidateCount = 300
        #expect(try VectorIndexConfiguration(parsing: "ef_search=300") == expected)
    }

    @Test(arguments: [
        ("", "name=value"), ("m", "name=value"), ("m=16,", "name=value"), ("kind=ivfflat", "vector, halfvec, binary"),
        ("lists=100", "'lists'"), ("m=many", "m is a number"), ("m=1", "links"), ("m=40", "ef_construction"),
        ("ef_search=5", "ef_search"), ("build_mb=1", "megabytes"), ("min_vectors=0", "1 or more"),
    ])
    func saysWhatIsWrong(_ text: String, _ words: String) {
        #expect {
            _ = try VectorIndexConfiguration(parsing: text)
        } throws: {
            ($0 as? RequestError)?.message.contains(words) == true
        }
    }
}
