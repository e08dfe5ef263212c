import SemblanceCore
import SemblanceVision
import Testing

/// CLIP's text tower and the embedder around it, against OpenCLIP and `transformers`.
@Suite struct TextEmbedderTests {
    private func embedder(_ name: String = "narrow-clip") throws -> OpenVINOTextEmbedder {
        let activation: NetworkOptions.Activation? = name == "narrow-clip" ? nil : .quickGELU
        return try TransformerFixture.textEmbedder(
            TransformerFixture.clip(name, activation: activation), of: name,
            vocabulary: TransformerFixture.vocabulary())
    }

    @Test(arguments: ["narrow-clip", "narrow-clip-hf"])
    func agreesWithItsLibrary(name: String) throws {
        let found = try embedder(name).embed(tokens: TransformerFixture.rows)
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references("\(name)-text"))
        #expect(agreement.plain >= 0.9999 && agreement.centred >= 0.9999, "\(agreement)")
    }

    /// The test above would notice one word, a word's place, and the place of the end.
    @Test func noticesMistakes() throws {
        let references = try ModelFixture.references("narrow-clip-text")
        let embedder = try embedder()
        let mistakes: [(inout [[Int32]]) -> Void] = [
            { $0[4][2] += 1 }, { $0[7].swapAt(1, 2) }, { $0[5][3] = 0 }, { $0.swapAt(2, 3) },
        ]
        for mistake in mistakes {
            var rows = TransformerFixture.rows
            mistake(&rows)
            let found = try embedder.embed(tokens: rows)
            #expect(ModelFixture.agreement(of: found, with: references).centred < 0.999)
        }
    }

    @Test func embedsAnyText() throws {
        let embedder = try embedder()
        // Bytes that are not UTF-8 have become U+FFFD by the time there is a string.
        let texts = ["", " \n", "red", "red chair", "RED  chair", String(decoding: [0x72, 0xFF, 0xC3], as: UTF8.self)]
        let found = try embedder.embed(texts)
        #expect(found.count == texts.count)
        #expect(found.allSatisfy { !$0.isCut && $0.embedding.dimension == 24 })
        #expect(found[0] == found[1] && found[3] == found[4])
        #expect(found[2].embedding.score(with: found[3].embedding) < 0.9999)
        #expect(try embedder.embed([]).isEmpty)
    }

    @Test func tellsWhatItCut() throws {
        let embedder = try embedder()
        let found = try embedder.embed(["! ! ! ! ! ! ! ! ! !", "! ! ! ! ! ! ! ! ! ! !", "! ! ! ! ! ! ! ! ! ! ? ?"])
        #expect(found.map(\.isCut) == [false, true, true])
        #expect(found[1].embedding == found[2].embedding)
    }

    @Test func keepsTheOrderOfManyTextsOnManyThreads() async throws {
        let embedder = try embedder()
        let texts = (0..<20).map { "text \($0)" }
        let alone = try texts.map { try embedder.embed([$0])[0] }
        let pool = ThreadPool(name: "test-text", threadCount: 4)
        defer { pool.shutDown() }
        try await withThrowingTaskGroup(of: [EmbeddedText].self) { group in
            for _ in 0..<8 { group.addTask { try await pool.run { try embedder.embed(texts) } } }
            for try await found in group {
                for (left, right) in zip(found, alone) {
                    #expect(left.embedding.score(with: right.embedding) > 0.999_999)
                }
            }
        }
    }

    @Test func refusesATokenizerOfAnotherSize() throws {
        let error = #expect(throws: ModelError.self) {
            try TransformerFixture.textEmbedder(
                TransformerFixture.clip("narrow-clip"), of: "narrow-clip",
                vocabulary: TransformerFixture.vocabulary(mergeCount: 10))
        }
        #expect(error?.code == .unexpectedTensors)
        #expect(error?.message.contains("600 tokens") == true && error?.message.contains("524") == true)
    }

    @Test func aModelOfImagesOnlyHasNoTextTower() throws {
        let checkpoint = try TransformerFixture.changed("narrow-clip") { tensors in
            tensors = tensors.filter { $0.key.hasPrefix("visual.") }
        }
        let network = try #require(try CLIP.recognise(checkpoint, options: TransformerFixture.options))
        let weights = try StateDict(checkpoint, expecting: network.expectedTensors)
        #expect(try network.textTower(from: weights) == nil)
        #expect(!network.hasTextTower)
        #expect(try TransformerFixture.clip("narrow-clip").hasTextTower)
    }
}
