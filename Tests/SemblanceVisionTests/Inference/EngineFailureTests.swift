import Foundation
import SemblanceCore
import SemblanceVision
import Testing

@Suite struct EngineFailureTests {
    private func embedder(_ graph: ONNXGraph, dimension: Int, size: Int = 8) throws -> OpenVINOEmbedder {
        try OpenVINOEmbedder(
            network: Network(body: .onnx(graph.serialised()), dimension: dimension, revision: 1),
            version: ModelVersion(modelID: "odd", digest: "", dimension: dimension),
            preprocessing: Preprocessing(size: size, fit: .pad, mean: [0, 0, 0], deviation: [1, 1, 1]),
            runtime: OpenVINORuntime(cacheFolder: nil), options: EngineOptions(precision: .f32, streamCount: 1))
    }

    /// One convolution over the picture, and the mean of what it gives.
    private func graph(weight: Float) -> ONNXGraph {
        var graph = ONNXGraph(name: "odd", input: "pixels", shape: [nil, 3, 8, 8])
        let convolution = Convolution(
            name: "c", shape: [2, 3, 1, 1], weights: [Float](repeating: weight, count: 6), bias: [0, 0])
        let value = graph.convolution(graph.input, convolution)
        graph.output(graph.flatten(graph.globalAveragePool(value)), dimension: 2)
        return graph
    }

    @Test func refusesVectorsThatAreNotFinite() throws {
        let error = #expect(throws: ModelError.self) { try embedder(graph(weight: 3e38), dimension: 2) }
        #expect(error?.code == .engineFailed)
        #expect(error?.message.contains("not finite") == true)
    }

    @Test func refusesVectorsWithoutLength() throws {
        #expect(throws: ModelError.self) { try embedder(graph(weight: 0), dimension: 2) }
    }

    @Test func refusesAnotherDimensionThanTheManifestSays() throws {
        let error = #expect(throws: ModelError.self) { try embedder(graph(weight: 1), dimension: 3) }
        #expect(error?.code == .invalidManifest)
        #expect(error?.message.contains("2 dimensions") == true)
        #expect(try embedder(graph(weight: 1), dimension: 2).version.dimension == 2)
    }

    @Test func turnsEngineErrorsIntoOurs() throws {
        let runtime = try OpenVINORuntime(cacheFolder: nil)
        let error = #expect(throws: ModelError.self) { _ = try runtime.read(onnx: Data("no graph".utf8)) }
        #expect(error?.code == .engineFailed)
        #expect(error?.underlying != nil)
    }

    @Test func knowsTheEnginesVersion() {
        #expect(OpenVINORuntime.version()?.isEmpty == false)
    }

    /// A cache that was cut off or overwritten costs a compilation, not the start.
    @Test func survivesADamagedCache() throws {
        let folder = try ModelFixture.TemporaryFolder()
        let pictures = ModelFixture.pictures(size: ModelFixture.narrowSize)
        let expected = try ModelFixture.narrowEmbedder(cacheFolder: folder.path).embed(pictures)
        let blobs = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".blob") }
        #expect(!blobs.isEmpty)
        for damage in 0..<4 {
            for blob in blobs {
                let url = URL(fileURLWithPath: "\(folder.path)/\(blob)")
                var bytes = try Data(contentsOf: url)
                switch damage {
                case 0: bytes = bytes.prefix(bytes.count / 2)
                case 1: bytes = Data()
                case 2: bytes = Data(repeating: 0x41, count: bytes.count)
                default: bytes.replaceSubrange(0..<64, with: Data(repeating: 0xFF, count: 64))
                }
                try bytes.write(to: url)
            }
            let found = try ModelFixture.narrowEmbedder(cacheFolder: folder.path).embed(pictures)
            #expect(ModelFixture.agreement(of: found, with: expected).plain > 0.99999, "damage \(damage)")
        }
    }

    @Test func worksWithoutACacheItCanWrite() throws {
        let embedder = try ModelFixture.narrowEmbedder(cacheFolder: "/proc/no/such/folder")
        #expect(try embedder.embed(ModelFixture.pictures(size: ModelFixture.narrowSize)).count == 8)
    }
}
