import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite struct TextSearchTests {
    let fixture: EngineFixture

    init() async throws {
        fixture = try EngineFixture()
        let colours: [(String, UInt8, UInt8, UInt8)] = [
            ("red", 255, 0, 0), ("green", 0, 255, 0), ("blue", 0, 0, 255), ("yellow", 255, 255, 0),
        ]
        for (name, red, green, blue) in colours {
            try fixture.folder.write(SmallImage.plain(red: red, green: green, blue: blue), to: "\(name).png")
        }
        try await fixture.index()
    }

    private func search(_ terms: [SearchTerm], edit: (inout SearchRequest) -> Void = { _ in }) async throws
        -> SearchResponse
    {
        var request = SearchRequest(terms: terms, limit: 4)
        edit(&request)
        return try await fixture.engine.search(request)
    }

    private func refusal<Failure: Error>(_ type: Failure.Type, of terms: [SearchTerm]) async -> Failure? {
        await #expect(throws: type) { try await search(terms) }
    }

    @Test(arguments: ["red", "green", "blue", "yellow"])
    func findsWhatATextSays(colour: String) async throws {
        let response = try await search([SearchTerm(.text("something \(colour)"))])
        #expect(response.matches.first?.image.name == "\(colour).png")
        #expect(response.matches.count == 4)
        #expect(response.warnings.isEmpty)
    }

    @Test func addsUnitVectorsOfTextsAndImagesByWeight() async throws {
        let embedder = try await SmallModels().embedder(for: "small")
        let textEmbedder = try await SmallModels().textEmbedder(for: "small")
        let picture = SmallImage.numbered(3)
        let image = try await fixture.engine.embedding.embed(picture, region: nil, with: embedder)
        let text = try await fixture.engine.textEmbedding.embed(["blue"], with: textEmbedder)[0].embedding
        let sum = zip(image.values, text.values).map { 0.25 * $0 - 0.1 * $1 }
        let mixed = try await search([
            SearchTerm(.bytes(picture), weight: 0.25), SearchTerm(.text("blue"), weight: -0.1),
        ])
        let expected = try await search([SearchTerm(.vector(sum))])
        #expect(mixed.matches.map(\.image.name) == expected.matches.map(\.image.name))
        for (found, wanted) in zip(mixed.matches, expected.matches) { #expect(abs(found.score - wanted.score) < 1e-5) }
    }

    @Test func steersAwayFromAText() async throws {
        let terms = [SearchTerm(.text("yellow")), SearchTerm(.text("red"), weight: -1.2)]
        #expect(try await search(terms).matches.first?.image.name == "green.png")
    }

    @Test func saysThatATextWasCut() async throws {
        let long = "blue " + Array(repeating: "word", count: SmallTextEmbedder.contextLength).joined(separator: " ")
        let response = try await search([SearchTerm(.text(long)), SearchTerm(.text("blue"))])
        #expect(response.matches.first?.image.name == "blue.png")
        #expect(response.warnings.count == 1)
        #expect(response.warnings.first?.contains("'blue word") == true)
    }

    @Test(arguments: ["", "  \n", String(repeating: "a", count: 10_001), String(repeating: "é", count: 5_001)])
    func refusesATextThatIsNone(text: String) async throws {
        #expect(await refusal(RequestError.self, of: [SearchTerm(.text(text))])?.code == .invalidText)
    }

    @Test func takesATextOfTheGreatestLength() async throws {
        let text = "red " + String(repeating: "a", count: TextEmbedding.maximumByteCount - 4)
        #expect(try await search([SearchTerm(.text(text))]).matches.first?.image.name == "red.png")
    }

    @Test func refusesQueriesThatAreNone() async throws {
        let red = SearchTerm(.text("red"))
        let many = await refusal(RequestError.self, of: Array(repeating: red, count: 33))
        #expect(many?.message.contains("at most 32 images and texts, not 33") == true)
        let minus = await refusal(RequestError.self, of: [SearchTerm(.text("red"), weight: -1)])
        #expect(minus?.message.contains("image or text with a weight above zero") == true)
        let nothing = await refusal(RequestError.self, of: [red, SearchTerm(.text("red"), weight: -1)])
        #expect(nothing?.message.contains("images and texts of this query cancel") == true)
        let region = try Region(x: 0, y: 0, width: 0.5, height: 0.5)
        #expect(
            await refusal(RequestError.self, of: [SearchTerm(.text("red"), region: region)])?.code == .invalidRegion)
    }

    @Test func namesTheModelsThatKnowTexts() async throws {
        try await fixture.index(model: "smaller")
        let error = await #expect(throws: ModelError.self) {
            try await search([SearchTerm(.file(path: "/no/such/file")), SearchTerm(.text("red"))]) {
                $0.modelID = "smaller"
            }
        }
        #expect(error?.code == .textUnsupported)
        #expect(error?.message.contains("small.") == true)
    }

    @Test func takesAnImageOfTheCatalogueAndAText() async throws {
        let red = ContentHash(hashing: SmallImage.plain(red: 255, green: 0, blue: 0)).hexadecimal
        #expect(try await search([SearchTerm(.stored(id: red))]).matches.first?.image.name == "yellow.png")
        let response = try await search([SearchTerm(.stored(id: red), weight: 0.5), SearchTerm(.text("green"))])
        #expect(response.matches.first?.image.name == "green.png")
        #expect(!response.matches.contains { $0.image.name == "red.png" })
    }
}
