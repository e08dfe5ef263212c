import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Against Pillow, ImageHash, scikit-image and NumPy: see scripts/references/make_classical_references.py.
@Suite struct ClassicalTests {
    struct Reference: Decodable, Sendable, CustomTestStringConvertible {
        let file: String
        let dhash: String
        let phash: String
        let histogram: [String: Float]

        enum CodingKeys: String, CodingKey {
            case file, dhash, phash
            case histogram = "colour-histogram"
        }

        var testDescription: String { file }
    }

    static let references: [Reference] = {
        let url = ImageFixtures.folder.deletingLastPathComponent().appending(path: "classical.json")
        guard let data = try? Data(contentsOf: url) else { return [] }
        return (try? JSONDecoder().decode([Reference].self, from: data)) ?? []
    }()

    private func registry(_ entries: String = "[]") throws -> ModelRegistry {
        let folder = try ModelFixture.TemporaryFolder()
        let path = try folder.write(entries, to: "model_config.json")
        return try ModelRegistry(
            configuration: .init(cacheFolder: folder.path + "/cache", configPath: path, isOffline: true))
    }

    private func embedding(_ bytes: [UInt8], by modelID: String) async throws -> Embedding {
        let embedder = try await registry().embedder(for: modelID)
        let image = try ImageDecoder().prepare(bytes, for: embedder.preprocessing).prepared
        return try embedder.embed([image])[0]
    }

    /// A picture of one colour for each pixel.
    private func picture(_ size: Int, _ colour: (_ x: Int, _ y: Int) -> [UInt8]) -> PreparedImage {
        PreparedImage(
            width: size, height: size, pixels: (0..<size * size).flatMap { colour($0 % size, $0 / size) })
    }

    private func bits(_ hexadecimal: String) -> [Float] {
        hexadecimal.flatMap { digit in
            let value = digit.hexDigitValue ?? 0
            return (0..<4).map { value >> (3 - $0) & 1 == 1 ? Float(0.125) : -0.125 }
        }
    }

    @Test func thereAreReferences() { #expect(Self.references.count == 6) }

    @Test(arguments: references)
    func hashesAreThoseOfIndependentImplementations(_ reference: Reference) async throws {
        let bytes = try ImageFixtures.bytes(reference.file)
        #expect(try await embedding(bytes, by: "dhash").values == bits(reference.dhash))
        #expect(try await embedding(bytes, by: "phash").values == bits(reference.phash))
    }

    @Test(arguments: references)
    func histogramsAreThoseOfAnIndependentImplementation(_ reference: Reference) async throws {
        let found = try await embedding(ImageFixtures.bytes(reference.file), by: "colour-histogram")
        #expect(found.dimension == 294)
        for (bin, value) in found.values.enumerated() {
            #expect(abs(value - (reference.histogram["\(bin)"] ?? 0)) < 2e-4, "bin \(bin)")
        }
        // Near the middle of a bin a share of nothing has a root that is not: what is compared most closely is shares.
        let difference = found.values.enumerated().reduce(Float(0)) { sum, entry in
            let expected = reference.histogram["\(entry.offset)"] ?? 0
            return sum + abs(entry.element * entry.element - expected * expected)
        }
        #expect(difference < 1e-5)
    }

    @Test func cosineDistanceIsHammingDistance() throws {
        let left = picture(72) { x, y in [UInt8((x * 3 + y * 2) % 256), 90, 20] }
        let right = picture(72) { x, y in [UInt8((x * x / 20 + y * 3) % 256), 90, 20] }
        let hash = DifferenceHash()
        let (a, b) = (hash.values(of: left), hash.values(of: right))
        let distance = zip(a, b).count { $0 != $1 }
        let embeddings = [a, b].compactMap(Embedding.init(normalising:))
        #expect(distance > 0)
        #expect(abs(embeddings[0].score(with: embeddings[1]) - (1 - 2 * Float(distance) / 64)) < 1e-6)
    }

    @Test func hashesSeeNoColourAndHistogramsNoPlace() throws {
        let grey = picture(72) { x, y in [UInt8](repeating: UInt8((x * 5 + y * y) % 256), count: 3) }
        let mirrored = picture(64) { x, y in x < 20 ? [200, 30, 30] : [30, 30, 200] }
        let straight = picture(64) { x, y in x >= 44 ? [200, 30, 30] : [30, 30, 200] }
        #expect(ColourHistogram().values(of: mirrored) == ColourHistogram().values(of: straight))
        #expect(DifferenceHash().values(of: grey).contains(1) && DifferenceHash().values(of: grey).contains(-1))
        // The same brightnesses without the colour: the luma of a grey is the grey itself.
        let red = picture(32) { x, y in [UInt8(8 * (x ^ y)), 0, 0] }
        let same = picture(32) { x, y in
            [UInt8](repeating: UInt8((19_595 * 8 * (x ^ y) + 0x8000) >> 16), count: 3)
        }
        #expect(PerceptualHash().values(of: red) == PerceptualHash().values(of: same))
    }

    /// Every bit of an even picture is decided, and not by rounding.
    @Test(arguments: [UInt8(0), 1, 77, 128, 254, 255])
    func evenPicturesHaveTheSameHash(_ level: UInt8) {
        let small = picture(32) { _, _ in [level, level, level] }
        let large = picture(72) { _, _ in [level, level, level] }
        #expect(DifferenceHash().values(of: large) == [Float](repeating: -1, count: 64))
        #expect(PerceptualHash().values(of: small).dropFirst() == [Float](repeating: -1, count: 63)[...])
    }

    /// A histogram's soft bins: a small change of colour is a small change of vector, whatever bins are near.
    @Test func coloursNearTheEdgeOfABinDoNotJump() throws {
        var before: Embedding?
        for level in UInt8(0)...255 {
            let values = ColourHistogram().values(of: picture(8) { _, _ in [level, 120, 255 - level] })
            let embedding = try #require(Embedding(normalising: values))
            if let before { #expect(embedding.score(with: before) > 0.9, "\(level)") }
            before = embedding
        }
    }

    @Test(arguments: ["colour-histogram", "dhash", "phash"])
    func theyNeedNoWeightsAndNoNetwork(_ modelID: String) async throws {
        let registry = try registry()
        let embedder = try await registry.embedder(for: modelID)
        #expect(embedder.version.modelID == modelID)
        #expect(try await registry.embedder(for: modelID).version == embedder.version)
        #expect(registry.models().first { $0.modelID == modelID }?.state == .loaded)
        try await registry.pull(modelID)
        let text = await #expect(throws: ModelError.self) { try await registry.textEmbedder(for: modelID) }
        #expect(text?.code == .textUnsupported)
        let graph = await #expect(throws: ModelError.self) { try await registry.graph(of: modelID) }
        #expect(graph?.code == .unsupportedArchitecture)
        let quantised = await #expect(throws: ModelError.self) {
            try await registry.quantise(modelID, pictures: [], heldOut: [])
        }
        #expect(quantised?.code == .quantisationFailed && quantised?.message.contains("no network") == true)
    }

    @Test func aConfigurationMayNameAndChangeThem() async throws {
        let registry = try registry(
            """
            [{"model_id": "hash", "model_type": "dhash", "preprocessing": {"size": 144, "fit": "pad"}},
             {"model_id": "file", "model_type": "dhash", "model_dim": 64, "model_path": "some.pth"},
             {"model_id": "size", "model_type": "dhash", "preprocessing": {"size": 100}},
             {"model_id": "mean", "model_type": "phash", "preprocessing": {"mean": [1, 2, 3]}},
             {"model_id": "long", "model_type": "phash", "model_dim": 128}]
            """)
        #expect(registry.warnings.isEmpty)
        let plain = try await registry.embedder(for: "dhash").version
        let changed = try await registry.embedder(for: "hash").version
        #expect(changed.dimension == 64 && changed.digest != plain.digest)
        for modelID in ["file", "size", "mean", "long"] {
            let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: modelID) }
            #expect(error?.code == .invalidManifest, "\(modelID): \(error?.message ?? "")")
        }
    }
}
