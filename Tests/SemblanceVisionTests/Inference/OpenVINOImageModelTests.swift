import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// A small 8-bit network in OpenVINO's format; scripts/references/make_openvino_fixture.py made it.
@Suite struct OpenVINOImageModelTests {
    private static let graph = ModelFixture.folder.appendingPathComponent("narrow-int8.xml").path
    private let pictures = ModelFixture.pictures(size: 32)

    /// A copy of the fixture's files, to be damaged.
    private func copy() throws -> (folder: ModelFixture.TemporaryFolder, graph: String) {
        let folder = try ModelFixture.TemporaryFolder()
        for ending in ["xml", "bin"] {
            try FileManager.default.copyItem(
                atPath: ModelFixture.folder.path + "/narrow-int8.\(ending)", toPath: "\(folder.path)/n.\(ending)")
        }
        return (folder, folder.path + "/n.xml")
    }

    private func registry(_ folder: ModelFixture.TemporaryFolder, graph: String) throws -> ModelRegistry {
        let config = try folder.write(
            """
            [{"model_id": "narrow-int8", "model_type": "openvino", "model_dim": 24, "model_path": "\(graph)",
              "preprocessing": {"size": 32, "fit": "pad", "mean": [120, 120, 120], "deviation": [60, 60, 60]}}]
            """, to: "model_config.json")
        return try ModelRegistry(
            configuration: .init(cacheFolder: folder.path + "/cache", configPath: config, precision: .f32))
    }

    private func refusal(_ graph: String, size: Int = 32) -> ModelError? {
        #expect(throws: ModelError.self) {
            _ = try OpenVINOImageModel(path: graph, size: size, runtime: OpenVINORuntime(cacheFolder: nil))
        }
    }

    @Test func agreesWithTheFloatNetwork() async throws {
        let (folder, graph) = try copy()
        let embedder = try await registry(folder, graph: graph).embedder(for: "narrow-int8")
        let found = try embedder.embed(pictures)
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references("narrow-float"))
        #expect(agreement.plain >= 0.999 && agreement.centred >= 0.98, "\(agreement)")
        #expect(try embedder.embed([pictures[3]])[0].score(with: found[3]) > 0.99999)
    }

    /// Graph and weights are one model: either of them makes another version.
    @Test func countsBothFilesInTheVersion() async throws {
        let (folder, graph) = try copy()
        let first = try await registry(folder, graph: graph).embedder(for: "narrow-int8").version
        let weights = OpenVINOImageModel.weightsPath(of: graph)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: weights))
        bytes[100] ^= 1
        try bytes.write(to: URL(fileURLWithPath: weights))
        let second = try await registry(folder, graph: graph).embedder(for: "narrow-int8").version
        #expect(first.digest != second.digest)
    }

    @Test func refusesAGraphWithoutItsWeights() throws {
        let (folder, graph) = try copy()
        try FileManager.default.removeItem(atPath: folder.path + "/n.bin")
        let error = refusal(graph)
        #expect(error?.code == .weightsMissing)
        #expect(error?.message.contains("'n.xml'") == true && error?.message.contains(".bin") == true)
    }

    @Test func refusesWeightsThatAreCutShort() throws {
        let (folder, graph) = try copy()
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder.path + "/n.bin"))
        #expect(refusal(graph)?.code == .engineFailed)
    }

    @Test func refusesAnotherSizeThanTheGraphHas() {
        #expect(refusal(Self.graph, size: 64)?.message.contains("32 pixels a side, not 64") == true)
    }

    @Test func refusesWhatIsNoGraph() throws {
        let folder = try ModelFixture.TemporaryFolder()
        try folder.write("", to: "n.bin")
        for text in [
            "", "no graph", "<net name=\"x\" version=\"11\"></net>", "<net><layers><layer id=\"0\"/></layers></net>",
        ] {
            let graph = try folder.write(text, to: "n.xml")
            #expect(refusal(graph) != nil, "\(text)")
        }
        #expect(refusal(folder.path + "/n.bin")?.code == .unsupportedArchitecture)
    }

    /// Cut anywhere, or with any number changed, a graph is refused or read; never more.
    @Test func survivesDamage() throws {
        let (folder, graph) = try copy()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: graph)))
        let runtime = try OpenVINORuntime(cacheFolder: nil)
        var generator = ModelFixture.Generator(state: 9)
        let digits = whole.indices.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(whole[$0]) }
        for trial in 0..<200 {
            var bytes = whole
            if trial.isMultiple(of: 4) {
                bytes = Array(whole.prefix(Int.random(in: 0..<whole.count, using: &generator)))
            } else {
                bytes[digits.randomElement(using: &generator) ?? 0] = UInt8(ascii: "9")
            }
            try Data(bytes).write(to: URL(fileURLWithPath: graph))
            do {
                _ = try OpenVINOImageModel(path: graph, size: 32, runtime: runtime)
            } catch {
                #expect([.engineFailed, .unsupportedArchitecture].contains(error.code))
            }
        }
        withExtendedLifetime(folder) {}
    }
}
