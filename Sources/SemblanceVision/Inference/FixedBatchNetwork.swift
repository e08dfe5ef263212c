import SemblanceCore

/// A model compiled for a fixed number of images an inference, with streams and requests of its own. Thread-safe.
struct FixedBatchNetwork: Sendable {
    /// Images of one inference.
    let batch: Int
    /// The arithmetic that the engine chose: `f32`, `bf16`, …
    let chosenPrecision: String
    private let pool: RequestPool

    /// - Parameter model: takes pixels, `[any number, size, size, 3]`; its input's shape is fixed on the way.
    init(
        _ model: borrowing OpenVINOModel, batch: Int, size: Int, runtime: OpenVINORuntime, options: EngineOptions
    ) throws(ModelError) {
        try model.fixInput([batch, size, size, 3])
        let compiled = try runtime.compile(model, options: options)
        var requests: [OpenVINORequest] = []
        for _ in 0..<options.streamCount { requests.append(try compiled.makeRequest()) }
        self.batch = batch
        chosenPrecision = try compiled.property("INFERENCE_PRECISION_HINT")
        pool = RequestPool(requests)
    }

    /// Runs the network, and gives the output of each image in order.
    /// - Precondition: the images have the input's size, and their number is a multiple of `batch`.
    func outputs(of images: ArraySlice<PreparedImage>) throws(ModelError) -> [ArraySlice<Float>] {
        precondition(images.count.isMultiple(of: batch))
        guard !images.isEmpty else { return [] }
        let chunks = stride(from: images.startIndex, to: images.endIndex, by: batch).map { images[$0..<($0 + batch)] }
        return try pool.lend(upTo: chunks.count) { requests throws(ModelError) in
            do throws(ModelError) {
                return try run(chunks, on: requests)
            } catch {
                // A request must not go back to the pool while it runs; what it ends with is no matter now.
                for request in requests { try? request.wait() }
                throw error
            }
        }
    }

    /// Keeps each request busy until no chunk is left.
    private func run(
        _ chunks: [ArraySlice<PreparedImage>], on requests: [OpenVINORequest]
    ) throws(ModelError) -> [ArraySlice<Float>] {
        var outputs: [ArraySlice<Float>] = []
        for (chunk, request) in zip(chunks, requests) { try start(chunk, on: request) }
        for index in chunks.indices {
            let request = requests[index % requests.count]
            try request.wait()
            let output = try request.output()
            let next = index + requests.count
            if next < chunks.count { try start(chunks[next], on: request) }
            let dimension = output.count / batch
            outputs += (0..<batch).map { output[($0 * dimension)..<(($0 + 1) * dimension)] }
        }
        return outputs
    }

    private func start(_ chunk: ArraySlice<PreparedImage>, on request: OpenVINORequest) throws(ModelError) {
        try request.withInput { input in
            var offset = 0
            for image in chunk {
                UnsafeMutableRawBufferPointer(rebasing: input[offset...]).copyBytes(from: image.pixels)
                offset += image.pixels.count
            }
        }
        try request.start()
    }
}
