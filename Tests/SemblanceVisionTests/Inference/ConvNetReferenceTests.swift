import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Narrow networks with random weights, saved by torchvision in each way that checkpoints are published in: their
/// embeddings against torchvision's own. scripts/references/make_convnet_references.py made the files.
@Suite struct ConvNetReferenceTests {
    struct Reference: Sendable, CustomTestStringConvertible {
        /// The file of embeddings, without its ending.
        let name: String
        let weights: String
        let family: any Architecture.Type
        var size = 64
        var pooling: NetworkOptions.Pooling?

        var testDescription: String { name }

        func embedder(_ change: (inout Preprocessing) -> Void = { _ in }) throws -> OpenVINOEmbedder {
            var preprocessing = family.preprocessing(options: NetworkOptions())
            preprocessing.size = size
            change(&preprocessing)
            let checkpoint = try Checkpoint.open(ModelFixture.folder.appendingPathComponent(weights).path)
            let options = NetworkOptions(pooling: pooling)
            let network = try #require(try family.recognise(checkpoint, options: options))
            let graph = try network.graph(from: checkpoint, size: size)
            return try OpenVINOEmbedder(
                network: Network(
                    body: .onnx(try graph.serialised()), dimension: network.dimension, revision: family.revision),
                version: ModelVersion(modelID: name, digest: "test", dimension: network.dimension),
                preprocessing: preprocessing, runtime: OpenVINORuntime(cacheFolder: nil),
                options: EngineOptions(precision: .f32, streamCount: 2))
        }
    }

    static let references = [
        Reference(name: "narrow-resnet-basic", weights: "narrow-resnet-basic.pth", family: ResNet.self),
        Reference(
            name: "narrow-resnet-basic-gem", weights: "narrow-resnet-basic.pth", family: ResNet.self, pooling: .gem),
        Reference(
            name: "narrow-resnet-bottleneck", weights: "narrow-resnet-bottleneck.safetensors", family: ResNet.self),
        Reference(
            name: "narrow-resnet-bottleneck-gem", weights: "narrow-resnet-bottleneck.safetensors",
            family: ResNet.self, pooling: .gem),
        Reference(name: "narrow-vgg", weights: "narrow-vgg.pth", family: VGG.self, size: 224),
        Reference(name: "narrow-vgg-96", weights: "narrow-vgg.pth", family: VGG.self, size: 96),
        Reference(name: "narrow-vgg-gem", weights: "narrow-vgg.pth", family: VGG.self, size: 224, pooling: .gem),
        Reference(name: "narrow-vgg-bn", weights: "narrow-vgg-bn.safetensors", family: VGG.self, size: 224),
        Reference(
            name: "narrow-vgg-bn-gem", weights: "narrow-vgg-bn.safetensors", family: VGG.self, size: 224,
            pooling: .gem),
    ]

    @Test(arguments: references)
    func agreesWithTorchvision(_ reference: Reference) throws {
        let found = try reference.embedder().embed(ModelFixture.pictures(size: reference.size))
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references(reference.name))
        #expect(agreement.plain >= 0.9999, "\(agreement)")
        #expect(agreement.centred >= 0.9999, "\(agreement)")
    }

    /// The test above would notice: each of these mistakes falls below its bound.
    @Test(arguments: references)
    func noticesMistakes(_ reference: Reference) throws {
        let references = try ModelFixture.references(reference.name)
        let pictures = ModelFixture.pictures(size: reference.size)
        let mistakes: [(String, (inout Preprocessing) -> Void, [PreparedImage])] = [
            ("swapped channels", { $0.channels = .bgr }, pictures),
            ("no mean", { $0.mean = [0, 0, 0] }, pictures),
            ("no deviation", { $0.deviation = [255, 255, 255] }, pictures),
            ("other pictures", { _ in }, Array(pictures.reversed())),
        ]
        for (name, mistake, pictures) in mistakes {
            let found = try reference.embedder(mistake).embed(pictures)
            let agreement = ModelFixture.agreement(of: found, with: references)
            #expect(agreement.centred < 0.999, "\(name): \(agreement)")
        }
    }
}
