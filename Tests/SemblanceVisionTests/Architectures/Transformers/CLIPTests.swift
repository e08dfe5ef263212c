import SemblanceCore
import SemblanceVision
import Testing

/// CLIP's image tower against OpenCLIP and Hugging Face's `transformers`.
@Suite struct CLIPTests {
    static let networks: [(String, String, NetworkOptions.Activation?)] = [
        ("narrow-clip", "narrow-clip", nil), ("narrow-clip", "narrow-clip-quick", .quickGELU),
        ("narrow-clip-hf", "narrow-clip-hf", .quickGELU),
    ]

    @Test(arguments: networks)
    func agreesWithItsLibrary(name: String, reference: String, activation: NetworkOptions.Activation?) throws {
        let network = try TransformerFixture.clip(name, activation: activation)
        let found = try TransformerFixture.embeddings(network, of: name)
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references(reference))
        #expect(agreement.plain >= 0.9999 && agreement.centred >= 0.9999, "\(agreement)")
    }

    /// The test above would notice: each of these mistakes falls below its bound.
    @Test func noticesMistakes() throws {
        let network = try TransformerFixture.clip("narrow-clip")
        let references = try ModelFixture.references("narrow-clip")
        let mistakes: [(inout Preprocessing, inout [PreparedImage]) -> Void] = [
            { preprocessing, _ in preprocessing.channels = .bgr },
            { preprocessing, _ in
                preprocessing.mean = [0, 0, 0]
                preprocessing.deviation = [255, 255, 255]
            },
            { _, pictures in pictures.swapAt(0, 1) },
        ]
        for mistake in mistakes {
            let found = try TransformerFixture.embeddings(network, of: "narrow-clip", mistake)
            #expect(ModelFixture.agreement(of: found, with: references).centred < 0.999)
        }
        let quick = try TransformerFixture.clip("narrow-clip", activation: .quickGELU)
        let found = try TransformerFixture.embeddings(quick, of: "narrow-clip")
        #expect(ModelFixture.agreement(of: found, with: references).centred < 0.9999)
    }

    @Test func readsItsShapeOffTheTensors() throws {
        let network = try TransformerFixture.clip("narrow-clip")
        #expect(network.dimension == 24)
        #expect(network.preprocessing.size == 40 && network.preprocessing.fit == .crop)
        #expect(network.preprocessing.filter == .bicubic && network.preprocessing.resizeTo == nil)
        #expect(abs(network.preprocessing.mean[0] - 122.770_94) < 1e-4)
        #expect(abs(network.preprocessing.deviation[2] - 70.323_16) < 1e-4)
        #expect(CLIP.preprocessing(options: NetworkOptions()).size == 224)
    }

    @Test func doesNotKnowOtherFamilies() throws {
        for name in ["narrow-dinov2", "narrow-vit"] {
            #expect(try CLIP.recognise(TransformerFixture.checkpoint(name), options: NetworkOptions()) == nil)
        }
        #expect(try CLIP.recognise(ModelFixture.narrowCheckpoint(), options: NetworkOptions()) == nil)
    }

    /// 32 is no multiple of 64: only the options know these heads.
    @Test func saysThatHeadsMustBeTold() throws {
        let error = #expect(throws: ModelError.self) {
            try CLIP.recognise(TransformerFixture.checkpoint("narrow-clip"), options: NetworkOptions())
        }
        #expect(error?.code == .unexpectedTensors)
        #expect(error?.message.contains("width 32") == true && error?.message.contains("'head_width'") == true)
        for headWidth in [0, -8] {
            #expect(throws: ModelError.self) {
                try CLIP.recognise(
                    TransformerFixture.checkpoint("narrow-clip"), options: NetworkOptions(headWidth: headWidth))
            }
        }
    }

    @Test func refusesOtherSizesAndPoolings() throws {
        let network = try TransformerFixture.clip("narrow-clip")
        let error = #expect(throws: ModelError.self) {
            try network.graph(from: TransformerFixture.checkpoint("narrow-clip"), size: 48)
        }
        #expect(error?.code == .invalidManifest)
        #expect(error?.message.contains("40 pixels a side, not 48") == true)
        let options = NetworkOptions(pooling: .mean, headWidth: 8)
        #expect(throws: ModelError.self) {
            try CLIP.recognise(TransformerFixture.checkpoint("narrow-clip"), options: options)
        }
    }

    private func refusal(_ change: (inout [String: CheckpointTensor]) throws -> Void) throws -> ModelError? {
        let checkpoint = try TransformerFixture.changed("narrow-clip", change)
        let error = #expect(throws: ModelError.self) {
            let network = try #require(try CLIP.recognise(checkpoint, options: TransformerFixture.options))
            _ = try network.graph(from: checkpoint, size: 40)
        }
        #expect(error?.code == .unexpectedTensors)
        return error
    }

    @Test func namesWhatIsMissingLeftOverOrOfAnotherShape() throws {
        let last = "visual.transformer.resblocks.1.mlp.c_proj.bias"
        let missing = try refusal { $0[last] = nil }
        #expect(missing?.message.contains("'\(last)' is missing") == true)
        let extra = try refusal { $0["visual.extra"] = try TransformerFixture.tensor("visual.extra", [1]) }
        #expect(extra?.message.contains("'visual.extra' is not expected") == true)
        let reshaped = try refusal { $0["ln_final.bias"] = try TransformerFixture.tensor("ln_final.bias", [31]) }
        #expect(reshaped?.message.contains("'ln_final.bias' has the shape [31], expected [32]") == true)
    }

    @Test func namesPlacesThatMakeNoSquare() throws {
        let name = "visual.positional_embedding"
        let error = try refusal { $0[name] = try TransformerFixture.tensor(name, [24, 32]) }
        #expect(error?.message.contains("'\(name)'") == true && error?.message.contains("[24, 32]") == true)
        let patches = "visual.conv1.weight"
        let oblong = try refusal { $0[patches] = try TransformerFixture.tensor(patches, [32, 3, 8, 4]) }
        #expect(oblong?.message.contains("'\(patches)'") == true)
    }

    @Test func refusesWeightsThatAreNotNumbers() throws {
        let name = "visual.ln_post.weight"
        let error = try refusal { $0[name] = try TransformerFixture.tensor(name, [32], of: .nan) }
        #expect(error?.message.contains("'\(name)' holds nan at element 0") == true)
    }
}
