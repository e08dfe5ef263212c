import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite struct SearchTests {
    let fixture: EngineFixture

    init() async throws {
        fixture = try EngineFixture()
        for number in 0..<30 { try fixture.write(number, to: "\(number).png") }
        let list = (0..<30).map { "{\"path\": \"\($0).png\", \"metadata\": {\"half\": \($0 % 2)}}\n" }.joined()
        let path = try fixture.folder.write(Array(list.utf8), to: "list.jsonl")
        try await fixture.index(metadataPath: path)
    }

    private func id(_ number: Int) -> String { ContentHash(hashing: SmallImage.numbered(number)).hexadecimal }

    @Test func findsTheImageItselfFirst() async throws {
        let response = try await fixture.engine.search(
            SearchRequest(terms: [SearchTerm(.bytes(SmallImage.numbered(7)))], limit: 5))
        #expect(response.matches.count == 5)
        #expect(response.matches[0].image.name == "7.png")
        #expect(response.matches[0].score > 0.9999)
        #expect(response.matches.map(\.score) == response.matches.map(\.score).sorted(by: >))
        #expect(response.preparing <= response.took)
    }

    /// It is a mistake that "nothing found" would hide.
    @Test func saysWhyAModelThatEmbeddedNothingFindsNothing() async throws {
        let term = SearchTerm(.bytes(SmallImage.numbered(7)))
        let response = try await fixture.engine.search(SearchRequest(modelID: "smaller", terms: [term], limit: 5))
        #expect(response.matches.isEmpty && response.warnings.count == 1)
        #expect(response.warnings.first?.contains("models reembed") == true, "\(response.warnings)")
        let found = try await fixture.engine.search(SearchRequest(modelID: "small", terms: [term], limit: 5))
        #expect(found.warnings.isEmpty && found.matches.count == 5)
    }

    @Test func leavesAStoredQueryOutOfItsResults() async throws {
        let found = try await fixture.search(SearchTerm(.stored(id: id(7))), limit: 30)
        #expect(found.count == 29)
        #expect(!found.contains("7.png"))
    }

    @Test func pagesLikeOneLongAnswer() async throws {
        let term = SearchTerm(.bytes(SmallImage.numbered(3)))
        let whole = try await fixture.search(term, limit: 30)
        let pages = try await [0, 10, 20].asyncFlatMap { offset in
            try await fixture.search(term, limit: 10) { $0.offset = offset }
        }
        #expect(pages == whole)
    }

    @Test func meetsTheFilterAndStillFindsAsManyAsAsked() async throws {
        let found = try await fixture.search(SearchTerm(.bytes(SmallImage.numbered(3))), limit: 15) {
            $0.filter = .compare(path: ["half"], .equal, 1)
        }
        #expect(Set(found) == Set((0..<30).filter { $0 % 2 == 1 }.map { "\($0).png" }))
    }

    @Test func leavesOutLowScores() async throws {
        let found = try await fixture.search(SearchTerm(.bytes(SmallImage.numbered(3)))) { $0.minimumScore = 0.99999 }
        #expect(found == ["3.png"])
    }

    @Test func combinesImagesByWeight() async throws {
        let both = [
            SearchTerm(.bytes(SmallImage.numbered(3))), SearchTerm(.bytes(SmallImage.numbered(8)), weight: 0.01),
        ]
        let found = try await fixture.engine.search(SearchRequest(terms: both, limit: 1))
        #expect(found.matches.first?.image.name == "3.png")
        let minus = [SearchTerm(.stored(id: id(3))), SearchTerm(.bytes(SmallImage.numbered(8)), weight: -1)]
        let away = try await fixture.engine.search(SearchRequest(terms: minus, limit: 29))
        let toward = try await fixture.engine.search(SearchRequest(terms: [minus[0]], limit: 29))
        let rank = { (response: SearchResponse) in response.matches.firstIndex { $0.image.name == "8.png" } ?? -1 }
        #expect(rank(away) > rank(toward))
    }

    @Test func looksAtTheRegionOnly() async throws {
        // The left half of a picture that shows one colour there.
        var bytes = Array("P6\n16 16\n255\n".utf8)
        for _ in 0..<16 { bytes += [UInt8](repeating: 200, count: 24) + [UInt8](repeating: 0, count: 24) }
        try fixture.folder.write(SmallImage.plain(red: 200, green: 200, blue: 200), to: "plain.png")
        try await fixture.index()
        let region = try Region(x: 0, y: 0, width: 0.5, height: 1)
        let part = try await fixture.search(SearchTerm(.bytes(bytes), region: region), limit: 1)
        #expect(part == ["plain.png"])
    }

    @Test func takesAVector() async throws {
        let embedder = try await SmallModels().embedder(for: "small")
        let vector = try await fixture.engine.embedding.embed(SmallImage.numbered(4), region: nil, with: embedder)
        let found = try await fixture.search(SearchTerm(.vector(vector.values.map { $0 * 3 })), limit: 1)
        #expect(found == ["4.png"])
    }

    @Test(arguments: [
        (0, 0, RequestError.Code.invalidLimit), (-1, 0, .invalidLimit), (1_000_001, 0, .invalidLimit),
        (10, -1, .invalidLimit),
    ])
    func refusesLimitsOutOfRange(limit: Int, offset: Int, code: RequestError.Code) async throws {
        let error = await #expect(throws: RequestError.self) {
            try await fixture.search(SearchTerm(.stored(id: id(1))), limit: limit) { $0.offset = offset }
        }
        #expect(error?.code == code)
    }

    @Test(arguments: [
        ([Float](repeating: 0, count: 49), RequestError.Code.invalidVector), ([1, 2], .invalidVector),
        ([.nan] + [Float](repeating: 1, count: 48), .invalidVector),
    ])
    func refusesAVectorThatIsNone(vector: [Float], code: RequestError.Code) async throws {
        let error = await #expect(throws: RequestError.self) { try await fixture.search(SearchTerm(.vector(vector))) }
        #expect(error?.code == code)
    }

    @Test func refusesAQueryThatIsNone() async throws {
        let none = await #expect(throws: RequestError.self) {
            try await fixture.engine.search(SearchRequest(terms: []))
        }
        #expect(none?.code == .missingField)
        let onlyMinus = await #expect(throws: RequestError.self) {
            try await fixture.search(SearchTerm(.stored(id: id(1)), weight: -1))
        }
        #expect(onlyMinus?.code == .invalidQuery)
        let cancelling = [SearchTerm(.stored(id: id(1))), SearchTerm(.stored(id: id(1)), weight: -1)]
        let zero = await #expect(throws: RequestError.self) {
            try await fixture.engine.search(SearchRequest(terms: cancelling))
        }
        #expect(zero?.code == .invalidQuery)
    }

    @Test func saysWhichOfSeveralImagesCannotBeRead() async throws {
        let terms = [
            SearchTerm(.stored(id: id(1))), SearchTerm(.bytes(Array("text".utf8)), name: "second.jpg"),
        ]
        let error = await #expect(throws: ImageError.self) {
            try await fixture.engine.search(SearchRequest(terms: terms))
        }
        #expect(error?.message == "second.jpg: This is not an image.")
    }

    @Test func namesWhatIsUnknown() async throws {
        await #expect(throws: StoreError.self) {
            try await fixture.search(SearchTerm(.stored(id: id(1)))) { $0.catalogue = "none" }
        }
        await #expect(throws: ModelError.self) {
            try await fixture.search(SearchTerm(.stored(id: id(1)))) { $0.modelID = "none" }
        }
        await #expect(throws: StoreError.self) { try await fixture.search(SearchTerm(.stored(id: id(77)))) }
        await #expect(throws: RequestError.self) { try await fixture.search(SearchTerm(.stored(id: "../x"))) }
    }

    @Test func forgetsADeletedImage() async throws {
        try await fixture.engine.deleteImage(id(7), inCatalogue: "default")
        let found = try await fixture.search(SearchTerm(.bytes(SmallImage.numbered(7))), limit: 30)
        #expect(found.count == 29)
        #expect(FileManager.default.fileExists(atPath: fixture.folder.path("7.png")))
    }

    @Test func groupsDuplicates() async throws {
        var copy = SmallImage.numbered(5)
        copy[copy.count - 1] ^= 1
        try fixture.folder.write(copy, to: "copy of 5.png")
        try await fixture.index()
        let found = try await fixture.engine.duplicates(
            inCatalogue: "default", modelID: nil, minimumScore: 0.99999, limit: 10)
        #expect(!found.isTruncated)
        #expect(
            found.groups.contains { Set($0.images.map(\.name)) == ["5.png", "copy of 5.png"] && $0.score > 0.99999 })
    }

    @Test func saysWhenThereWereMoreSimilarPairsThanItLookedAt() async throws {
        // Thirty images make 435 pairs.
        for (maximum, isTruncated) in [(435, false), (1, true)] {
            let found = try await fixture.engine.duplicates(
                inCatalogue: "default", modelID: nil, minimumScore: 0, limit: 100, maximumPairCount: maximum)
            #expect(found.isTruncated == isTruncated)
            #expect(!found.groups.isEmpty)
        }
    }

    @Test func makesAThumbnailOnce() async throws {
        let image = try await fixture.engine.image(id(2), inCatalogue: "default")
        let path = try await fixture.engine.thumbnailPath(of: image)
        try FileManager.default.removeItem(atPath: fixture.folder.path("2.png"))
        #expect(try await fixture.engine.thumbnailPath(of: image) == path)
        await #expect(throws: StoreError.self) {
            let gone = try await fixture.engine.image(id(2), inCatalogue: "default")
            _ = try fixture.engine.originalPath(of: gone)
        }
    }

    @Test func makesNoThumbnailOfOtherBytes() async throws {
        let image = try await fixture.engine.image(id(2), inCatalogue: "default")
        try fixture.write(500, to: "2.png")
        let error = await #expect(throws: StoreError.self) { try await fixture.engine.thumbnailPath(of: image) }
        #expect(error?.code == .fileMissing)
    }

    @Test func patchesMetadata() async throws {
        let image = try await fixture.engine.updateMetadata(
            ["half": .null, "name": "two"], of: id(2), inCatalogue: "default")
        #expect(image.metadata == ["name": "two"])
    }
}

extension Sequence {
    fileprivate func asyncFlatMap<Value>(_ transform: (Element) async throws -> [Value]) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values += try await transform(element) }
        return values
    }
}
