import SemblanceCore
import SemblanceVision
import Testing

/// Vision transformers without text against `transformers` and timm.
@Suite struct ViTTests {
    /// DINOv2's places are resampled for other sizes, coarser and finer ones, as its publisher does.
    @Test(arguments: [(56, ""), (40, "-40"), (72, "-72")])
    func dinov2AgreesWithTransformers(size: Int, suffix: String) throws {
        let network = try TransformerFixture.vit("narrow-dinov2")
        let found = try TransformerFixture.embeddings(network, of: "narrow-dinov2", size: size)
        let references = try ModelFixture.references("narrow-dinov2\(suffix)")
        let agreement = ModelFixture.agreement(of: found, with: references)
        #expect(agreement.plain >= 0.9999 && agreement.centred >= 0.9999, "\(agreement)")
    }

    @Test(arguments: [(nil, ""), (.mean, "-mean")] as [(NetworkOptions.Pooling?, String)])
    func agreesWithTimm(pooling: NetworkOptions.Pooling?, suffix: String) throws {
        let network = try TransformerFixture.vit("narrow-vit", pooling: pooling)
        let found = try TransformerFixture.embeddings(network, of: "narrow-vit")
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references("narrow-vit\(suffix)"))
        #expect(agreement.plain >= 0.9999 && agreement.centred >= 0.9999, "\(agreement)")
    }

    @Test(arguments: ["narrow-dinov2", "narrow-vit"])
    func noticesMistakes(name: String) throws {
        let network = try TransformerFixture.vit(name)
        let references = try ModelFixture.references(name)
        let mistakes: [(inout Preprocessing, inout [PreparedImage]) -> Void] = [
            { preprocessing, _ in preprocessing.channels = .bgr },
            { preprocessing, _ in
                preprocessing.mean = [0, 0, 0]
                preprocessing.deviation = [255, 255, 255]
            },
            { _, pictures in pictures.swapAt(0, 1) },
        ]
        for mistake in mistakes {
            let found = try TransformerFixture.embeddings(network, of: name, mistake)
            #expect(ModelFixture.agreement(of: found, with: references).centred < 0.999)
        }
    }

    @Test func refusesSizesThatItsPublisherDoesNotRead() throws {
        let checkpoint = try TransformerFixture.checkpoint("narrow-vit")
        let error = #expect(throws: ModelError.self) {
            try TransformerFixture.vit("narrow-vit").graph(from: checkpoint, size: 48)
        }
        #expect(error?.message.contains("40 pixels a side, not 48") == true)
        let other = #expect(throws: ModelError.self) {
            try TransformerFixture.vit("narrow-dinov2").graph(
                from: TransformerFixture.checkpoint("narrow-dinov2"), size: 50)
        }
        #expect(other?.message.contains("a multiple of 8") == true)
    }

    @Test func doesNotKnowOtherFamilies() throws {
        for name in ["narrow-clip", "narrow-clip-hf"] {
            #expect(try ViT.recognise(TransformerFixture.checkpoint(name), options: TransformerFixture.options) == nil)
        }
        #expect(try ViT.recognise(ModelFixture.narrowCheckpoint(), options: NetworkOptions()) == nil)
    }

    @Test func namesMissingTensors() throws {
        let name = "encoder.layer.1.layer_scale2.lambda1"
        let checkpoint = try TransformerFixture.changed("narrow-dinov2") { $0[name] = nil }
        let error = #expect(throws: ModelError.self) {
            try TransformerFixture.vit("narrow-dinov2").graph(from: checkpoint, size: 56)
        }
        #expect(error?.code == .unexpectedTensors && error?.message.contains("'\(name)' is missing") == true)
    }
}
