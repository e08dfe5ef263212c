import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// The whole way from a checkpoint to embeddings, on a small network with random weights, against PyTorch.
@Suite struct NarrowNetworkTests {
    private let pictures = ModelFixture.pictures(size: ModelFixture.narrowSize)

    @Test func agreesWithPyTorch() throws {
        let found = try ModelFixture.narrowEmbedder().embed(pictures)
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references("narrow-lite"))
        #expect(agreement.plain >= 0.9999)
        #expect(agreement.centred >= 0.9999)
    }

    /// The test above would notice: each of these mistakes falls well below its bound.
    @Test func noticesMistakes() throws {
        let references = try ModelFixture.references("narrow-lite")
        var swapped = ModelFixture.narrowPreprocessing()
        swapped.channels = .bgr
        var plain = ModelFixture.narrowPreprocessing()
        plain.mean = [0, 0, 0]
        plain.deviation = [255, 255, 255]
        for mistake in [swapped, plain] {
            let found = try ModelFixture.narrowEmbedder(preprocessing: mistake).embed(pictures)
            #expect(ModelFixture.agreement(of: found, with: references).centred < 0.99)
        }
        let found = try ModelFixture.narrowEmbedder().embed(Array(pictures.reversed()))
        #expect(ModelFixture.agreement(of: found, with: references).centred < 0.99)
    }

    @Test func turnsChannelsRoundForModelsThatWantThem() throws {
        var preprocessing = ModelFixture.narrowPreprocessing()
        preprocessing.mean = [100, 127, 140]
        let expected = try ModelFixture.narrowEmbedder(preprocessing: preprocessing).embed(pictures)
        // The same numbers reach the network if pixels, mean and the network's wish are all turned round.
        preprocessing.channels = .bgr
        preprocessing.mean = [140, 127, 100]
        let turned = pictures.map { picture in
            let pixels = stride(from: 0, to: picture.pixels.count, by: 3).flatMap { index in
                picture.pixels[index..<(index + 3)].reversed()
            }
            return PreparedImage(width: picture.width, height: picture.height, pixels: pixels)
        }
        let found = try ModelFixture.narrowEmbedder(preprocessing: preprocessing).embed(turned)
        #expect(ModelFixture.agreement(of: found, with: expected).centred >= 0.99999)
    }

    @Test func givesUnitVectors() throws {
        for embedding in try ModelFixture.narrowEmbedder().embed(pictures) {
            let length = embedding.values.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(length - 1) < 1e-5)
            #expect(embedding.dimension == ModelFixture.narrowDimension)
        }
    }

    @Test(arguments: [1, 3, 4, 8])
    func keepsTheOrderAndDoesNotMixImages(batchSize: Int) throws {
        let embedder = try ModelFixture.narrowEmbedder(batchSize: batchSize)
        let alone = try pictures.map { try embedder.embed([$0])[0] }
        for count in 1...8 {
            let together = try embedder.embed(Array(pictures.prefix(count)))
            #expect(together.count == count)
            for (left, right) in zip(together, alone) { #expect(left.score(with: right) > 0.999999) }
        }
        #expect(try embedder.embed([]).isEmpty)
    }

    /// An ingestion alone has the form for batches, which fills the last one up; queries add the other form later.
    @Test func theFormForBatchesTakesAnyNumber() throws {
        let whole = try ModelFixture.narrowEmbedder()
        let batches = try ModelFixture.narrowEmbedder(forms: .batches)
        let completed = try batches.completed(
            with: ModelFixture.narrowNetwork(), runtime: OpenVINORuntime(cacheFolder: nil),
            options: EngineOptions(precision: .f32, streamCount: 2))
        #expect(batches.preferredBatchSize == 4 && completed.preferredBatchSize == 4)
        for count in 0...8 {
            let expected = try whole.embed(Array(pictures.prefix(count)))
            for embedder in [batches, completed] {
                let found = try embedder.embed(Array(pictures.prefix(count)))
                #expect(found.count == count)
                for (left, right) in zip(found, expected) { #expect(left.score(with: right) > 0.999999) }
            }
        }
    }

    @Test func servesManyThreadsAtOnce() async throws {
        let embedder = try ModelFixture.narrowEmbedder()
        let expected = try embedder.embed(pictures)
        let pool = ThreadPool(name: "test-embed", threadCount: 6)
        defer { pool.shutDown() }
        let pictures = pictures
        try await withThrowingTaskGroup(of: [Embedding].self) { group in
            for _ in 0..<24 { group.addTask { try await pool.run { try embedder.embed(pictures) } } }
            for try await found in group {
                #expect(ModelFixture.agreement(of: found, with: expected).plain > 0.999999)
            }
        }
    }

    @Test func precisionChangesLittle() throws {
        let references = try ModelFixture.references("narrow-lite")
        let embedder = try ModelFixture.narrowEmbedder(precision: .bf16)
        let agreement = ModelFixture.agreement(of: try embedder.embed(pictures), with: references)
        #expect(agreement.plain >= 0.99)
        #expect(try ModelFixture.narrowEmbedder(precision: .f32).chosenPrecision == "f32")
    }
}
