import Foundation
import HummingbirdTesting
import SemblanceCore
import SemblanceTesting
import Testing

@Suite struct TextSearchAPITests {
    private static let path = "/v1/catalogues/default/search"
    private static let pictures = Form([
        .file("files", "red.png", SmallImage.plain(red: 255, green: 0, blue: 0)),
        .file("files", "green.png", SmallImage.plain(red: 0, green: 255, blue: 0)),
        .file("files", "yellow.png", SmallImage.plain(red: 255, green: 255, blue: 0)),
    ])

    private func names(_ response: TestResponse) throws -> [String] {
        try response.json()["results"]?.elements.compactMap { $0["name"]?.string } ?? []
    }

    @Test func findsWhatATextSays() async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            try await client.upload(Self.pictures)
            let json = try await client.send(["query": [["text": "a green chair"]]], to: Self.path)
            #expect(try self.names(json).first == "green.png")
            #expect(try json.json()["warnings"]?.elements.isEmpty == true)
            let form = try await client.send(Form([.field("text", "a red chair"), .field("k", "1")]), to: Self.path)
            #expect(try self.names(form) == ["red.png"])
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func combinesTextsAndImages() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(Self.pictures)
            let red = SmallImage.plain(red: 255, green: 0, blue: 0)
            let id = ContentHash(hashing: red).hexadecimal
            let json = try await client.send(
                ["query": [["text": "green", "weight": 1], ["image_id": .string(id), "weight": 0.5]]], to: Self.path)
            #expect(try self.names(json) == ["green.png", "yellow.png"])
            let away = try await client.send(
                ["query": [["text": "yellow"], ["image_id": .string(id), "weight": -1.2]]], to: Self.path)
            #expect(try self.names(away) == ["green.png", "yellow.png"])
            let form = try await client.send(
                Form([.file("image", "q.png", red), .field("text", "yellow")]), to: Self.path)
            #expect(try self.names(form).last == "green.png")
            let minus = try await client.send(
                Form([
                    .field("text", "yellow"), .field("text", "green"), .field("minus_text", "red"),
                ]), to: Self.path)
            #expect(try self.names(minus).first == "green.png")
        }
    }

    @Test func saysThatATextWasCut() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(Self.pictures)
            let text = "red " + Array(repeating: "word", count: 20).joined(separator: " ")
            let found = try await client.send(["query": [["text": .string(text)]]], to: Self.path).json()
            #expect(found["warnings"]?.texts.first?.contains("longer than the model reads") == true)
        }
    }

    @Test(arguments: [
        ("{\"query\": [{\"text\": \"\"}]}", 400, "invalid-text"), ("{\"query\": [{\"text\": 7}]}", 400, "invalid-json"),
        ("{\"query\": [{\"text\": \"red\", \"image_id\": \"x\"}]}", 400, "missing-field"),
        ("{\"query\": [{\"text\": \"red\", \"weight\": -1}]}", 400, "invalid-query"),
        ("{\"query\": [{\"text\": \"red\", \"region\": [0, 0, 1, 1]}]}", 400, "invalid-region"),
        ("{\"query\": [{\"text\": \"red\"}], \"model\": \"smaller\"}", 422, "model-text-unsupported"),
        ("{\"query\": [{\"text\": \"\(String(repeating: "x", count: 10_001))\"}]}", 400, "invalid-text"),
        (
            "{\"query\": [\(Array(repeating: "{\"text\": \"red\"}", count: 33).joined(separator: ","))]}", 400,
            "invalid-query"
        ),
    ])
    func refusesJSONThatIsNotRight(body: String, status: Int, code: String) async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(Self.pictures)
            let response = try await client.send(body, to: Self.path)
            #expect(response.status.code == status, "\(response.text)")
            #expect(response.problemCode == code)
        }
    }

    @Test(arguments: [
        ([Form.Part.field("text", "")], "invalid-text"), ([.field("minus_text", "red")], "missing-field"),
        ([.field("texts", "red")], "invalid-multipart"),
        ([.field("text", "red"), .field("region", "9")], "invalid-region"),
        ([Form.Part](repeating: .field("text", "red"), count: 33), "invalid-query"),
        ([Form.Part](repeating: .field("text", "red"), count: 65), "invalid-multipart"),
    ])
    func refusesFormsThatAreNotRight(parts: [Form.Part], code: String) async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(Self.pictures)
            let response = try await client.send(Form(parts), to: Self.path)
            #expect((400..<500).contains(response.status.code))
            #expect(response.problemCode == code)
        }
    }

    @Test func tellsWhichModelsKnowTexts() async throws {
        try await ServerFixture().run { client async throws in
            let models = try await client.get("/v1/models").json()["models"]?.elements ?? []
            #expect(models.map { $0["text"] } == [.bool(true), .bool(false)])
        }
    }
}

@Suite struct LabelAPITests {
    private let picture = Form.Part.file("image", "q.png", SmallImage.plain(red: 255, green: 5, blue: 5))

    @Test func namesWhatAnImageShows() async throws {
        let fixture = try ServerFixture()
        let picture = self.picture
        try await fixture.run { client async throws in
            let form = Form([picture, .field("classes", "green,red"), .field("classes", "blue"), .field("k", "2")])
            let found = try await client.send(form, to: "/v1/label").json()
            #expect(found["model"] == "small")
            #expect(found["labels"]?.elements.count == 2)
            #expect(found["labels"]?.elements.first?["label"] == "red")
            #expect((found["labels"]?.elements.first?["probability"]?.number ?? 0) > 0.99)
            #expect((found["labels"]?.elements.first?["score"]?.number ?? 0) > 0.9)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test(arguments: [
        ([Form.Part.field("classes", "red")], "missing-field"), ([.file("image", "q.png", [1, 2])], "missing-field"),
        ([.file("image", "q.png", [1, 2]), .field("classes", "red")], "image-unsupported-format"),
        ([.file("image", "q.png", [1, 2]), .field("classes", "red,,blue")], "invalid-text"),
        ([.file("image", "q.png", [1, 2]), .field("classes", "red"), .field("prompt", "no place")], "invalid-text"),
        ([.file("image", "q.png", [1, 2]), .field("classes", "red"), .field("k", "0")], "invalid-k"),
        (
            [.file("image", "q.png", [1, 2]), .field("classes", "red"), .field("model", "smaller")],
            "model-text-unsupported"
        ),
        ([.file("image", "q.png", [1, 2]), .field("classes", "red"), .field("model", "none")], "model-unknown"),
        ([.file("image", "a", [1]), .file("image", "b", [1]), .field("classes", "red")], "invalid-multipart"),
        ([.file("image", "a", [1]), .field("class", "red")], "invalid-multipart"),
    ])
    func refusesWhatIsNotRight(parts: [Form.Part], code: String) async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            let response = try await client.send(Form(parts), to: "/v1/label")
            #expect((400..<500).contains(response.status.code), "\(response.text)")
            #expect(response.problemCode == code)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }
}
