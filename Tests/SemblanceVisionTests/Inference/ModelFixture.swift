import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// What the tests of models share. scripts/references/make_model_references.py and make_convnet_references.py made the
/// files; synthetic.py there draws the same pictures.
enum ModelFixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/models")
    static let pictureCount = 8
    static let narrowSize = 50
    static let narrowDimension = 64
    /// The first three numbers of `_conv_stem.weight`, as PyTorch prints them.
    static let narrowStemValues: [Float] = [0.12711401283740997, -0.1439099758863449, 0.1568351536989212]

    static var narrowPath: String { folder.appendingPathComponent("narrow-lite.pth").path }

    static func narrowBytes() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: narrowPath)))
    }

    static func narrowCheckpoint() throws -> Checkpoint { try Checkpoint.open(narrowPath) }

    static func narrowPreprocessing() -> Preprocessing {
        Preprocessing(size: narrowSize, fit: .pad, mean: [127, 127, 127], deviation: [128, 128, 128])
    }

    static func narrowNetwork() throws -> Network {
        let checkpoint = try narrowCheckpoint()
        let network = try #require(try EfficientNetLite.recognise(checkpoint, options: NetworkOptions()))
        let graph = try network.graph(from: checkpoint, size: narrowSize)
        return Network(
            body: .onnx(try graph.serialised()), dimension: narrowDimension, revision: EfficientNetLite.revision)
    }

    static func narrowEmbedder(
        preprocessing: Preprocessing = narrowPreprocessing(), precision: Precision = .f32, cacheFolder: String? = nil,
        batchSize: Int = 4, forms: OpenVINOEmbedder.Forms = .all
    ) throws -> OpenVINOEmbedder {
        try OpenVINOEmbedder(
            network: narrowNetwork(),
            version: ModelVersion(modelID: "narrow", digest: "test", dimension: narrowDimension),
            preprocessing: preprocessing, runtime: OpenVINORuntime(cacheFolder: cacheFolder),
            options: EngineOptions(precision: precision, streamCount: 2), batchSize: batchSize, forms: forms)
    }

    /// Reference embeddings, one for each picture.
    static func references(_ name: String) throws -> [Embedding] {
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).f32")))
        let values = bytes.withUnsafeBytes { buffer in
            (0..<(buffer.count / 4)).map { buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        let dimension = values.count / pictureCount
        return (0..<pictureCount).map { Embedding(unit: Array(values[($0 * dimension)..<(($0 + 1) * dimension)])) }
    }

    static func pictures(size: Int) -> [PreparedImage] {
        (0..<pictureCount).map { picture($0, size: size) }
    }

    /// The synthetic picture that the script draws, number for number.
    static func picture(_ seed: Int, size: Int) -> PreparedImage {
        func wave(_ value: Int, _ period: Int) -> Int {
            let phase = value % period
            return min(phase, period - phase) * 510 / period
        }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(size * size * 3)
        for y in 0..<size {
            for x in 0..<size {
                for c in 0..<3 {
                    let waves = wave(x * (seed + 1) + y * (3 - seed % 4) + c * 20 + 500, 40 + 11 * seed)
                    let checks = (x / (8 + seed) + y / (12 + 2 * seed)) % 2 * (60 + 30 * c)
                    let noise = (x * 7919 + y * 104_729 + c * 1_299_709 + seed * 15_485_863) % 8191 % 32
                    let gradient = (x * (seed % 3) + y * (2 - seed % 3)) * 90 / size
                    let sum = waves * (3 + (seed + c) % 3) / 6 + checks + noise + gradient
                    pixels.append(UInt8(sum % 256))
                }
            }
        }
        return PreparedImage(width: size, height: size, pixels: pixels)
    }

    /// The smallest cosine between embeddings of the same picture, plain and after the references' mean is taken off
    /// both: the second shows differences that vectors which are all alike would hide.
    static func agreement(of found: [Embedding], with references: [Embedding]) -> (plain: Double, centred: Double) {
        let mean = (0..<references[0].dimension).map { index in
            references.reduce(0.0) { $0 + Double($1.values[index]) } / Double(references.count)
        }
        func cosine(_ left: [Double], _ right: [Double]) -> Double {
            func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
            return product(left, right) / (product(left, left) * product(right, right)).squareRoot()
        }
        func centred(_ embedding: Embedding) -> [Double] { zip(embedding.values, mean).map { Double($0) - $1 } }
        let pairs = zip(found, references)
        return (
            pairs.map { cosine($0.values.map(Double.init), $1.values.map(Double.init)) }.min() ?? 0,
            pairs.map { cosine(centred($0), centred($1)) }.min() ?? 0
        )
    }
}

extension ModelFixture {
    /// SplitMix64: the same numbers on every run.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    /// A folder that is gone when the test is.
    final class TemporaryFolder {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "semblance-models-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        @discardableResult
        func write(_ text: String, to name: String) throws -> String {
            let target = URL(fileURLWithPath: "\(path)/\(name)")
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: target)
            return target.path
        }
    }
}
