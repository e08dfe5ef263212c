import Foundation
import HummingbirdTesting
import SemblanceCore
import SemblanceTesting
import Testing

@Suite struct SearchAPITests {
    private static let path = "/v1/catalogues/default/search"

    @Test func findsTheImageItself() async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            try await client.upload(.pictures(0..<20))
            let response = try await client.send(
                Form([.file("image", "query.png", SmallImage.numbered(7)), .field("k", "3")]), to: Self.path)
            let found = try response.json()
            #expect(found["model"] == "small")
            #expect(found["catalogue"] == "default")
            #expect(found["results"]?.elements.count == 3)
            #expect(found["results"]?.elements.first?["name"] == "7.png")
            let distances = found["results"]?.elements.compactMap { $0["distance"]?.number } ?? []
            #expect(distances == distances.sorted())
            #expect(response.headers[.init("Server-Timing")!]?.hasPrefix("prepare;dur=") == true)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func takesEveryKindOfQuery() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<10))
            let image = try await client.get("/v1/catalogues/default/images?limit=1").json()["images"]?.elements.first
            let id = try #require(image?["id"])
            let base64 = JSONValue.string(Data(SmallImage.numbered(4)).base64EncodedString())
            let vector = JSONValue.array((0..<49).map { .number(Double($0)) })
            let stored = try await client.send(["query": [["image_id": id]]], to: Self.path).json()
            #expect(stored["results"]?.elements.count == 9)
            let sent = try await client.send(["query": [["image_base64": base64]], "k": 1], to: Self.path).json()
            #expect(sent["results"]?.elements.first?["name"] == "4.png")
            let raw = try await client.send(["query": [["vector": vector]], "offset": 8], to: Self.path).json()
            #expect(raw["results"]?.elements.count == 2)
            let mixed: JSONValue = [
                "query": [
                    ["image_base64": base64, "region": [0, 0, 0.5, 0.5]], ["vector": vector, "weight": -0.5],
                ], "filter": ["missing": ["$exists": false]], "min_score": -1, "model": "small",
            ]
            #expect(try await client.send(mixed, to: Self.path).json()["results"]?.elements.count == 10)
        }
    }

    @Test func steersAwayFromAnImage() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<30))
            let picture = SmallImage.numbered(3)
            let plus = try await client.send(Form([.file("image", "a", picture), .field("k", "30")]), to: Self.path)
            let both = try await client.send(
                Form([
                    .file("image", "a", picture), .file("minus", "b", SmallImage.numbered(9)), .field("k", "30"),
                ]), to: Self.path)
            func rank(_ response: TestResponse) throws -> Int? {
                try response.json()["results"]?.elements.firstIndex { $0["name"] == "9.png" }
            }
            let (near, far) = (try #require(try rank(plus)), try #require(try rank(both)))
            #expect(far > near)
        }
    }

    @Test func returnsAllOfManyResults() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1001))
            let found = try await client.send(
                Form([.file("image", "q.png", SmallImage.numbered(7)), .field("k", "1000000")]), to: Self.path
            ).json()
            #expect(found["results"]?.elements.count == 1001)
        }
    }

    @Test(arguments: [
        ([Form.Part.field("k", "-1")], "invalid-k"), ([.field("k", "0")], "invalid-k"),
        ([.field("k", "1000001")], "invalid-k"), ([.field("k", "ten")], "invalid-query"),
        ([.field("k", "99999999999999999999")], "invalid-query"), ([.field("offset", "-1")], "invalid-k"),
        ([.field("region", "0,0,2,2")], "invalid-region"), ([.field("region", "nan,0,1,1")], "invalid-region"),
        ([.field("region", "0,0,1")], "invalid-region"), ([.field("min_score", "7")], "invalid-score"),
        ([.field("filter", "{\"a\":")], "invalid-filter"), ([.field("model", "nobody")], "model-unknown"),
        ([.file("picture", "x.png", [1])], "invalid-multipart"), ([.field("kk", "1")], "invalid-multipart"),
        ((0..<32).map { .file("image", "\($0)", SmallImage.numbered($0)) }, "invalid-multipart"),
    ])
    func refusesFormsThatAreNotRight(parts: [Form.Part], code: String) async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            try await client.upload(.pictures(0..<1))
            let form = Form([.file("image", "query.png", SmallImage.numbered(7))] + parts)
            let response = try await client.send(form, to: Self.path)
            #expect((400..<500).contains(response.status.code))
            #expect(response.problemCode == code)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test(arguments: [
        (Array("text".utf8), 415, "image-unsupported-format"), ([], 422, "image-empty"),
        ([UInt8](repeating: 0, count: 5000), 413, "image-too-many-bytes"),
        (Array("P6\n0 0\n255\n".utf8), 422, "image-no-pixels"),
        (Array("P6\n30000 30000\n255\n".utf8), 422, "image-too-many-pixels"),
        (Array("P6\n9 9\n255\nxx".utf8), 422, "image-damaged"),
    ])
    func refusesImagesThatCannotBeUsed(bytes: [UInt8], status: Int, code: String) async throws {
        let fixture = try ServerFixture(limits: DecodingLimits(maximumByteCount: 2000))
        try await fixture.run { client async throws in
            try await client.upload(.pictures(0..<1))
            let response = try await client.send(Form([.file("image", "query.png", bytes)]), to: Self.path)
            #expect(response.status.code == status)
            #expect(response.problemCode == code)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test(arguments: [
        ("{}", 400), ("{\"query\": []}", 400), ("{\"query\": [{}]}", 400), ("{\"query\": [7]}", 400),
        ("{\"query\": [{\"image_id\": \"x\"}]}", 400), ("{\"query\": [{\"vector\": [1, 2]}]}", 422),
        ("{\"query\": [{\"vector\": [\"a\"]}]}", 400), ("{\"query\": [{\"vector\": [1e400]}]}", 400),
        ("{\"query\": [{\"image_base64\": \"!\"}]}", 400), ("{\"query\": [{\"url\": \"http://10.0.0.1/\"}]}", 422),
        ("{\"query\": [{\"image_id\": \"x\", \"url\": \"y\"}]}", 400),
        ("{\"query\": [{\"image_base64\": \"AAAA\", \"region\": [0, 0, 1]}]}", 400),
        ("{\"query\": [{\"image_base64\": \"AAAA\", \"weight\": -1}]}", 400),
        ("{\"query\": [{\"image_base64\": \"AAAA\", \"weight\": 1e300}]}", 400),
        ("{\"query\": [{\"image_base64\": \"AAAA\"}], \"k\": 1.5}", 400),
        ("{\"query\": [{\"image_base64\": \"AAAA\"}], \"filter\": {\"$or\": []}}", 400),
        ("{\"query\": [{\"image_base64\": \"AAAA\"}], \"min_score\": 2}", 400),
    ])
    func refusesJSONThatIsNotRight(body: String, status: Int) async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            let response = try await client.send(body, to: Self.path)
            #expect(response.status.code == status, "\(response.text)")
            #expect(response.problemCode != nil)
        }
    }

    @Test func saysWhichOfSeveralImagesCannotBeUsed() async throws {
        let (good, cut) = (SmallImage.numbered(0), Array(SmallImage.numbered(1).prefix(60)))
        func base64(_ bytes: [UInt8]) -> JSONValue { ["image_base64": .string(Data(bytes).base64EncodedString())] }
        let requests: [(form: Form?, json: JSONValue, start: String)] = [
            (Form([.file("image", "a.png", good), .file("minus", "b.png", cut)]), .null, "b.png: "),
            (Form([.file("image", "1/a.png", good), .file("image", "2/a.png", cut)]), .null, "2/a.png: "),
            (nil, ["query": [base64(good), base64(cut)]], "query[1]: "),
            (nil, ["query": [base64(good), ["url": "http://127.0.0.1/a.png"]]], "query[1]: "),
            (nil, ["query": [base64(good), base64(good), ["image_base64": "!"]]], "'query[2].image_base64' "),
            (nil, ["query": [base64(good), ["text": "a", "weigth": 1]]], "'query[1]' "),
        ]
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            for (form, json, start) in requests {
                let response =
                    if let form { try await client.send(form, to: Self.path) } else {
                        try await client.send(json, to: Self.path)
                    }
                #expect((400..<500).contains(response.status.code))
                #expect(try response.json()["detail"]?.string?.hasPrefix(start) == true, "\(response.text)")
            }
        }
    }

    @Test func saysThatThereIsNoSuchCatalogue() async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            let form = Form([.file("image", "query.png", SmallImage.numbered(7))])
            #expect(try await client.send(form, to: Self.path).problemCode == "catalogue-unknown")
            #expect(try await client.get("/v1/catalogues/nobody/duplicates").problemCode == "catalogue-unknown")
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func groupsDuplicates() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(
                Form([
                    .file("files", "a.png", SmallImage.plain(red: 200, green: 10, blue: 10)),
                    .file("files", "b.png", SmallImage.plain(red: 200, green: 11, blue: 10)),
                    .file("files", "c.png", SmallImage.plain(red: 10, green: 10, blue: 200)),
                ]))
            let found = try await client.get("/v1/catalogues/default/duplicates?min_score=0.99").json()
            #expect(found["truncated"] == false)
            let groups = found["groups"]?.elements ?? []
            #expect(groups.count == 1)
            #expect(
                Set(groups.first?["images"]?.elements.compactMap { $0["name"]?.string } ?? []) == ["a.png", "b.png"])
            for bad in ["min_score=2", "min_score=-0.5", "limit=0", "limit=x", "min_score=nan"] {
                #expect(try await client.get("/v1/catalogues/default/duplicates?\(bad)").status == .badRequest)
            }
            #expect(try await client.get("/v1/catalogues/default/duplicates?model=x").status == .notFound)
        }
    }
}
