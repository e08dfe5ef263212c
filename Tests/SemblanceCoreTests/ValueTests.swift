import SemblanceCore
import Testing

@Suite struct RegionTests {
    @Test func readsFourFractions() throws {
        let region = try Region(text: "0.25, 0.5,0.5 ,0.25")
        #expect((region.x, region.y, region.width, region.height) == (0.25, 0.5, 0.5, 0.25))
        #expect(try Region(text: "0,0,1,1") == Region(x: 0, y: 0, width: 1, height: 1))
    }

    @Test func aRoundingErrorAtTheEdgeIsCutOff() throws {
        let region = try Region(x: 0.7, y: 0.1, width: 0.1 + 0.2, height: 0.9)
        #expect(region.x + region.width <= 1)
        #expect(region.y + region.height <= 1)
    }

    @Test(arguments: [
        "", "1", "0,0,1", "0,0,1,1,1", "a,0,1,1", "0,0,0,1", "0,0,1,0", "0,0,-1,1", "-0.1,0,1,1", "0.5,0,0.6,1",
        "0,0.5,1,0.6", "nan,0,1,1",
        "0,0,inf,1", "0,0,1e300,1", "1,1,1,1", "0,,1,1",
    ])
    func refuses(text: String) {
        #expect { try Region(text: text) } throws: { ($0 as? RequestError)?.code == .invalidRegion }
    }
}

@Suite struct CatalogueNameTests {
    @Test(arguments: ["default", "a", "Möbel", "目录", "2026-11.best_of", "-", String(repeating: "x", count: 64)])
    func allows(name: String) throws {
        try Catalogue.validateName(name)
    }

    @Test(arguments: [
        "", ".", "..", ".hidden", "a/b", "../a", "a b", "a\0", "a\n", "a\\b", "a%2f", "a?b", "a#b", "<a>", "a'b",
        "\u{202E}a", "😀",
        String(repeating: "x", count: 65),
    ])
    func refuses(name: String) {
        #expect { try Catalogue.validateName(name) } throws: { ($0 as? RequestError)?.code == .invalidName }
    }
}

@Suite struct EmbeddingTests {
    @Test func scalesToUnitLength() throws {
        let embedding = try #require(Embedding(normalising: [3, 4]))
        #expect(embedding.values == [0.6, 0.8])
        #expect(embedding.dimension == 2)
    }

    @Test(arguments: [[Float.greatestFiniteMagnitude, 1], [1e-38, 1e-38], [.leastNonzeroMagnitude], [-7, 0, 0]])
    func extremesHaveADirectionToo(values: [Float]) throws {
        let embedding = try #require(Embedding(normalising: values))
        let length = embedding.values.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(length - 1) < 1e-5)
    }

    @Test(arguments: [[], [0, 0], [-0.0], [.nan, 1], [1, .infinity], [-.infinity]] as [[Float]])
    func whatHasNoDirectionIsNoEmbedding(values: [Float]) {
        #expect(Embedding(normalising: values) == nil)
    }

    @Test func theScoreIsTheCosine() throws {
        let right = Embedding(unit: [1, 0])
        #expect(right.score(with: right) == 1)
        #expect(right.score(with: Embedding(unit: [0, 1])) == 0)
        #expect(right.score(with: Embedding(unit: [-1, 0])) == -1)
        #expect(abs(right.score(with: try #require(Embedding(normalising: [1, 1]))) - 0.70710678) < 1e-6)
    }
}

@Suite struct APIKeyTests {
    @Test func theSecretIsShownOnceAndOnlyItsHashIsKept() {
        let (key, secret) = APIKey.make(name: "camera", scope: .write)
        #expect(secret.hasPrefix("sem_") && secret.count == 68)
        #expect(key.secretHash == ContentHash(hashing: Array(secret.utf8)))
        #expect(key.id.count == 8 && key.secretHash.hexadecimal.hasPrefix(key.id))
        #expect(!secret.contains(key.id))
    }

    @Test func noTwoKeysAreAlike() {
        let secrets = (0..<200).map { _ in APIKey.make(name: "k", scope: .read).secret }
        #expect(Set(secrets).count == secrets.count)
    }

    @Test func eachScopeIncludesThoseBeforeIt() {
        #expect(APIKey.Scope.read < .write && .write < .admin && !(.admin < APIKey.Scope.read))
    }
}

@Suite struct JobIdentifierTests {
    @Test func hasThirtyTwoHexadecimalDigits() {
        let ids = (0..<500).map { _ in Job.ID.random() }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.rawValue.count == 32 && $0.rawValue.allSatisfy(\.isHexDigit) })
    }
}
