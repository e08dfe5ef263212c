import Foundation
import SemblanceCore

/// A loaded model: one compiled network, shared by every thread.
///
/// The network takes one image at a time, and there are as many streams as cores, with one thread each. That gives the
/// same throughput as batches (docs/inference.md has the figures), needs the least memory, and keeps queries quick
/// beside an ingestion: a query waits for one image at most, not for a batch.
///
/// `Sendable` because every part is: the pool lends each request to one caller at a time.
public final class OpenVINOEmbedder: Embedder {
    public let version: ModelVersion
    public let preprocessing: Preprocessing
    /// Enough images for every stream, few enough for progress to be smooth.
    public let preferredBatchSize: Int
    /// The arithmetic that the engine chose: `f32`, `bf16`, …
    package let chosenPrecision: String
    private let pool: RequestPool
    /// Images of one inference.
    private let batch: Int

    /// Compiles a network and runs it once, so that the first caller does not wait for memory to be laid out.
    /// - Parameter onnx: a graph from Float32 `[images, 3, size, size]` to Float32 `[images, dimension]`.
    /// - Throws: `model-engine-failed`.
    package init(
        onnx: Data, version: ModelVersion, preprocessing: Preprocessing, runtime: OpenVINORuntime,
        options: EngineOptions, batch: Int = 1
    ) throws(ModelError) {
        let network = try runtime.read(onnx: onnx)
        try network.fixBatch(batch, size: preprocessing.size)
        let compiled = try runtime.compile(network.takingPixels(preprocessing), options: options)
        var requests: [OpenVINORequest] = []
        for _ in 0..<options.streamCount { requests.append(try compiled.makeRequest()) }
        self.version = version
        self.preprocessing = preprocessing
        self.batch = batch
        preferredBatchSize = max(4, batch)
        chosenPrecision = try compiled.property("INFERENCE_PRECISION_HINT")
        pool = RequestPool(requests)
        try warmUp(imageCount: options.streamCount * batch)
    }

    public func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        try embedImages(images)
    }
}

extension OpenVINOEmbedder {
    private func warmUp(imageCount: Int) throws(ModelError) {
        let size = preprocessing.size
        let grey = PreparedImage(width: size, height: size, pixels: [UInt8](repeating: 90, count: size * size * 3))
        let embeddings = try embedImages([PreparedImage](repeating: grey, count: imageCount))
        guard let first = embeddings.first, first.dimension == version.dimension else {
            throw ModelError(
                .invalidManifest,
                "The model '\(version.modelID)' gives \(embeddings.first?.dimension ?? 0) dimensions; its manifest "
                    + "says \(version.dimension). Correct the manifest.")
        }
    }

    private func embedImages(_ images: [PreparedImage]) throws(ModelError) -> [Embedding] {
        guard !images.isEmpty else { return [] }
        let size = preprocessing.size
        for image in images {
            precondition(
                image.width == size && image.height == size,
                "expected \(size)×\(size) pixels, not \(image.width)×\(image.height)")
        }
        let chunks = stride(from: 0, to: images.count, by: batch).map { images[$0..<min($0 + batch, images.count)] }
        return try pool.lend(upTo: chunks.count) { requests throws(ModelError) in
            try embed(chunks, with: requests)
        }
    }

    /// Keeps each request busy until no chunk is left.
    private func embed(
        _ chunks: [ArraySlice<PreparedImage>], with requests: [OpenVINORequest]
    ) throws(ModelError) -> [Embedding] {
        var embeddings: [Embedding] = []
        embeddings.reserveCapacity(chunks.count * batch)
        var started = 0
        do {
            for (chunk, request) in zip(chunks, requests) {
                try start(request, with: chunk)
                started += 1
            }
            for index in chunks.indices {
                let request = requests[index % requests.count]
                try request.wait()
                let output = try request.output()
                if started < chunks.count {
                    try start(request, with: chunks[started])
                    started += 1
                }
                try append(output, count: chunks[index].count, to: &embeddings)
            }
        } catch {
            // A request must not go back to the pool while it runs; what it ends with is no matter now.
            for request in requests { try? request.wait() }
            throw error
        }
        return embeddings
    }

    private func start(
        _ request: OpenVINORequest, with chunk: ArraySlice<PreparedImage>
    ) throws(ModelError) {
        try request.withInput { input in
            var offset = 0
            for image in chunk {
                image.pixels.withUnsafeBytes { pixels in
                    UnsafeMutableRawBufferPointer(rebasing: input[offset...]).copyMemory(from: pixels)
                }
                offset += image.pixels.count
            }
        }
        try request.start()
    }

    private func append(
        _ output: [Float], count: Int, to embeddings: inout [Embedding]
    ) throws(ModelError) {
        let dimension = output.count / batch
        for index in 0..<count {
            let values = Array(output[(index * dimension)..<((index + 1) * dimension)])
            guard let embedding = Embedding(normalising: values) else {
                throw ModelError(
                    .engineFailed,
                    "The model '\(version.modelID)' gave a vector that is not finite or has no length. "
                        + "Try --precision f32; if that does not help, its weights are damaged: pull it again.")
            }
            embeddings.append(embedding)
        }
    }
}
