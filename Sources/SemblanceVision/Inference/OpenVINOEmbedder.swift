import Foundation
import SemblanceCore
import Synchronization

/// A loaded model, shared by every thread.
///
/// It is compiled twice, each time with as many streams as cores and one thread a stream: once for a single image, for
/// queries and what is left of a batch, and once for four images, which takes a tenth less time an image in bfloat16.
/// A query finds streams of its own, so that it never waits for a batch of an ingestion to end: it shares the cores
/// with it. An ingestion alone gets the form for batches alone, which fills the last one up: loading is a good part of
/// a short one. docs/inference.md has the figures.
///
/// `Sendable` because every part is: pools lend each request to one caller at a time.
public final class OpenVINOEmbedder: Embedder {
    public let version: ModelVersion
    public let preprocessing: Preprocessing
    public var preferredBatchSize: Int { batched.batch }
    /// The arithmetic that the engine chose: `f32`, `bf16`, …
    public var chosenPrecision: String { batched.chosenPrecision }
    /// `nil` where nothing but batches is expected.
    private let single: FixedBatchNetwork?
    private let batched: FixedBatchNetwork

    /// What a network is compiled for.
    package enum Forms: Hashable, Sendable {
        case batches
        case all
    }

    /// Images of a batch: with as many callers as cores, each keeps one stream busy.
    package static let batchSize = 4

    /// Compiles a network and runs it, so that the first caller does not wait for memory to be laid out.
    /// - Throws: `model-engine-failed`; `model-invalid-manifest` if the version's dimension is not the network's.
    package init(
        network: Network, version: ModelVersion, preprocessing: Preprocessing, runtime: OpenVINORuntime,
        options: EngineOptions, batchSize: Int = OpenVINOEmbedder.batchSize, forms: Forms = .all
    ) throws(ModelError) {
        try network.input.check(preprocessing)
        let sizes = !network.takesBatches ? [1] : forms == .all ? [1, batchSize] : [batchSize]
        let networks = try Self.compile(
            network, forBatches: sizes, preprocessing: preprocessing, runtime: runtime, options: options)
        single = networks.first { $0.batch == 1 }
        batched = networks[networks.count - 1]
        self.version = version
        self.preprocessing = preprocessing
        try warmUp(streamCount: options.streamCount)
    }

    private init(_ other: OpenVINOEmbedder, single: FixedBatchNetwork) {
        (version, preprocessing, batched) = (other.version, other.preprocessing, other.batched)
        self.single = single
    }

    /// The same with a form for single images, off the same network.
    /// - Throws: `model-engine-failed`.
    package func completed(
        with network: Network, runtime: OpenVINORuntime, options: EngineOptions
    ) throws(ModelError) -> OpenVINOEmbedder {
        guard single == nil else { return self }
        let singles = try Self.compile(
            network, forBatches: [1], preprocessing: preprocessing, runtime: runtime, options: options)
        let whole = OpenVINOEmbedder(self, single: singles[0])
        try whole.warmUp(streamCount: options.streamCount)
        return whole
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
        let outputs = try batched.outputs(of: images.prefix(batchedCount)) + outputs(ofRest: images[batchedCount...])
        var embeddings: [Embedding] = []
        embeddings.reserveCapacity(images.count)
        for output in outputs { embeddings.append(try Embedding(output: output, of: version)) }
        return embeddings
    }

    /// Images that fill no batch.
    private func outputs(ofRest images: ArraySlice<PreparedImage>) throws(ModelError) -> [ArraySlice<Float>] {
        if let single { return try single.outputs(of: images) }
        guard let last = images.last else { return [] }
        let filling = [PreparedImage](repeating: last, count: batched.batch - images.count)
        return try Array(batched.outputs(of: (images + filling)[...]).prefix(images.count))
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

    /// Runs what was compiled on every stream.
    private func warmUp(streamCount: Int) throws(ModelError) {
        let side = preprocessing.size
        let grey = PreparedImage(width: side, height: side, pixels: [UInt8](repeating: 90, count: side * side * 3))
        let images = [PreparedImage](repeating: grey, count: streamCount * batched.batch)
        let outputs = try batched.outputs(of: images[...]) + (single?.outputs(of: images.prefix(streamCount)) ?? [])
        for output in outputs where output.count != version.dimension {
            throw ModelError(
                .invalidManifest,
                "The model '\(version.modelID)' gives \(output.count) dimensions; its manifest says "
                    + "\(version.dimension). Correct 'model_dim'.")
        }
        _ = try Embedding(output: outputs[0], of: version)
    }
}
