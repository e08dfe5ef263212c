import Foundation
import SemblanceCore
import Synchronization

/// A loaded model, shared by every thread.
///
/// It is compiled twice, each time with as many streams as cores and one thread a stream: once for a single image, for
/// queries and what is left of a batch, and once for four images, which takes a tenth less time an image in bfloat16.
/// A query finds streams of its own, so that it never waits for a batch of an ingestion to end: it shares the cores
/// with it. docs/inference.md has the figures.
///
/// `Sendable` because every part is: pools lend each request to one caller at a time.
public final class OpenVINOEmbedder: Embedder {
    public let version: ModelVersion
    public let preprocessing: Preprocessing
    /// Four: with as many callers as cores, each keeps one stream busy.
    public var preferredBatchSize: Int { batched.batch }
    /// The arithmetic that the engine chose: `f32`, `bf16`, …
    public var chosenPrecision: String { single.chosenPrecision }
    private let single: FixedBatchNetwork
    private let batched: FixedBatchNetwork

    /// Compiles a network and runs it, so that the first caller does not wait for memory to be laid out.
    /// - Throws: `model-engine-failed`; `model-invalid-manifest` if the version's dimension is not the network's.
    package init(
        network: Network, version: ModelVersion, preprocessing: Preprocessing, runtime: OpenVINORuntime,
        options: EngineOptions, batchSize: Int = 4
    ) throws(ModelError) {
        try network.input.check(preprocessing)
        let networks = try Self.compile(
            network, forBatches: network.takesBatches ? [1, batchSize] : [1], preprocessing: preprocessing,
            runtime: runtime, options: options)
        single = networks[0]
        batched = networks.last ?? networks[0]
        self.version = version
        self.preprocessing = preprocessing
        try warmUp(streamCount: options.streamCount)
    }

    /// - Precondition: every image has the size that `preprocessing` says.
    public func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        try embedImages(images)
    }
}

extension OpenVINOEmbedder {
    private func embedImages(_ images: [PreparedImage]) throws(ModelError) -> [Embedding] {
        for image in images {
            precondition(
                image.width == preprocessing.size && image.height == preprocessing.size,
                "expected \(preprocessing.size) pixels a side, not \(image.width)×\(image.height)")
        }
        let batchedCount = images.count / batched.batch * batched.batch
        let outputs = try batched.outputs(of: images.prefix(batchedCount)) + single.outputs(of: images[batchedCount...])
        var embeddings: [Embedding] = []
        embeddings.reserveCapacity(images.count)
        for output in outputs { embeddings.append(try Embedding(output: output, of: version)) }
        return embeddings
    }

    /// Above this, reading and compiling side by side would take more memory than the time is worth.
    private static let largeByteCount = 64 << 20

    /// Compiles a network for several batch sizes: a small one at the same time, each on a core of its own, as starting
    /// is what a person waits for; a large one in turn, off one reading of it.
    private static func compile(
        _ network: Network, forBatches batches: [Int], preprocessing: Preprocessing, runtime: OpenVINORuntime,
        options: EngineOptions
    ) throws(ModelError) -> [FixedBatchNetwork] {
        @Sendable func read() throws(ModelError) -> OpenVINOModel {
            try runtime.read(network.body).takingPixels(preprocessing, input: network.input)
        }
        @Sendable func compile(_ model: borrowing OpenVINOModel, batch: Int) throws(ModelError) -> FixedBatchNetwork {
            try FixedBatchNetwork(
                model, batch: batch, itemShape: [preprocessing.size, preprocessing.size, 3], runtime: runtime,
                options: options)
        }
        var networks: [FixedBatchNetwork] = []
        guard network.body.byteCount < largeByteCount else {
            let model = try read()
            for batch in batches { networks.append(try compile(model, batch: batch)) }
            return networks
        }
        let results = Mutex<[Int: Result<FixedBatchNetwork, ModelError>]>([:])
        DispatchQueue.concurrentPerform(iterations: batches.count) { index in
            let result = Result { () throws(ModelError) in try compile(read(), batch: batches[index]) }
            results.withLock { $0[index] = result }
        }
        for index in batches.indices {
            guard let result = results.withLock({ $0[index] }) else { continue }
            networks.append(try result.get())
        }
        return networks
    }

    /// Runs both networks on every stream.
    private func warmUp(streamCount: Int) throws(ModelError) {
        let side = preprocessing.size
        let grey = PreparedImage(width: side, height: side, pixels: [UInt8](repeating: 90, count: side * side * 3))
        let images = [PreparedImage](repeating: grey, count: streamCount * batched.batch)
        let outputs = try batched.outputs(of: images[...]) + single.outputs(of: images.prefix(streamCount))
        for output in outputs where output.count != version.dimension {
            throw ModelError(
                .invalidManifest,
                "The model '\(version.modelID)' gives \(output.count) dimensions; its manifest says "
                    + "\(version.dimension). Correct 'model_dim'.")
        }
        _ = try Embedding(output: outputs[0], of: version)
    }
}
