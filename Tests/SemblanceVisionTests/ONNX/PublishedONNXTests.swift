import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Published ONNX files against ONNX Runtime (scripts/references/make_onnx_references.py). `make setup-test` gets
/// open-nsfw; SSCD's licence must be accepted first: `semblance models pull sscd-int8 --accept-licence`.
@Suite struct PublishedONNXTests {
    private static let cacheFolder = PublishedWeightsTests.cacheFolder

    private static func path(_ modelID: String, _ name: String) -> String {
        "\(cacheFolder)/models/\(modelID)/\(name)"
    }

    private static let openNSFW = path("open-nsfw-resnet50", "open-nsfw.onnx")
    private static let sscd = path("sscd-int8", "sscd.onnx")

    static func canRun(_ path: String, always: Bool = false) -> Bool {
        always && ProcessInfo.processInfo.environment["CI"] != nil || FileManager.default.fileExists(atPath: path)
    }

    private func embedder(
        _ path: String, _ preprocessing: Preprocessing, runtime: OpenVINORuntime
    ) throws -> (embedder: OpenVINOEmbedder, model: ONNXImageModel) {
        let model = try ONNXImageModel(
            CheckpointFile(path: path), options: NetworkOptions(), size: preprocessing.size, runtime: runtime)
        let embedder = try OpenVINOEmbedder(
            network: model.network,
            version: ModelVersion(modelID: "published", digest: "", dimension: model.description.dimension),
            preprocessing: preprocessing, runtime: runtime, options: EngineOptions(precision: .f32))
        return (embedder, model)
    }

    @Test(.enabled(if: canRun(openNSFW, always: true), "run 'make setup-test' to get the weights"))
    func openNSFWAgreesWithONNXRuntime() throws {
        let runtime = try OpenVINORuntime(cacheFolder: nil)
        let preprocessing = Preprocessing(
            size: 224, fit: .crop, resizeTo: 256, filter: .bilinear, channels: .bgr, mean: [123, 117, 104],
            deviation: [1, 1, 1])
        let (embedder, model) = try embedder(Self.openNSFW, preprocessing, runtime: runtime)
        #expect(model.description.input == NetworkInput(layout: .nhwc, element: .float32))
        #expect(model.description.inputName == "input:0")
        #expect(model.description.outputName == "Reshape:0")
        #expect(model.description.dimension == 1024)
        #expect(model.description.notes.contains { $0.contains("classifier of 2 classes") })
        let found = try embedder.embed(ModelFixture.pictures(size: 224))
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references("open-nsfw"))
        #expect(agreement.plain >= 0.9999 && agreement.centred >= 0.9999, "\(agreement)")
        for (index, value) in [0: 0.020366, 328: 0.166804, 932: 0.198617] as [Int: Float] {
            #expect(abs(found[0].values[index] - value) < 1e-4, "component \(index)")
        }
    }

    /// The engine gets the publisher's file byte for byte, as its licence asks.
    @Test(.enabled(if: canRun(sscd), "opt-in: 'semblance models pull sscd-int8' shows its licence first"))
    func sscdAgreesWithONNXRuntime() throws {
        let runtime = try OpenVINORuntime(cacheFolder: nil)
        let preprocessing = Preprocessing(
            size: 320, fit: .stretch, filter: .bilinear, mean: [0, 0, 0], deviation: [1, 1, 1])
        let (embedder, model) = try embedder(Self.sscd, preprocessing, runtime: runtime)
        #expect(model.description.input == NetworkInput(layout: .nhwc, element: .uint8))
        #expect(model.description.dimension == 512)
        guard case .onnx(let bytes) = model.network.body else {
            Issue.record("expected ONNX")
            return
        }
        #expect(try bytes == Data(contentsOf: URL(fileURLWithPath: Self.sscd)))
        let found = try embedder.embed(ModelFixture.pictures(size: 320))
        // Rounding in the 8-bit network is each engine's own; ONNX Runtime differs from itself by 0.001 without its
        // optimisations.
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references("sscd"))
        #expect(agreement.plain >= 0.985 && agreement.centred >= 0.97, "\(agreement)")
    }
}
