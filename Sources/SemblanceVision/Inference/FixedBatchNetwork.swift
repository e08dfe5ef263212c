import SemblanceCore

/// A model compiled for a fixed number of images or texts an inference, with streams and requests of its own.
/// Thread-safe.
struct FixedBatchNetwork: Sendable {
    /// Images or texts of one inference.
    let batch: Int
    /// The arithmetic that the engine chose: `f32`, `bf16`, …
    let chosenPrecision: String
    private let pool: RequestPool

    /// - Parameters:
    ///   - model: takes `[any number] + itemShape`; its input's shape is fixed on the way.
    init(
        _ model: borrowing OpenVINOModel, batch: Int, itemShape: [Int], runtime: OpenVINORuntime,
        options: EngineOptions
    ) throws(ModelError) {
        try model.fixInput([batch] + itemShape)
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
        try outputs(of: images) { image, place in place.copyBytes(from: image.pixels) }
    }

    /// Runs the network, and gives the output of each item in order.
    /// - Parameters:
    ///   - items: as many as a multiple of `batch`.
    ///   - write: puts an item into its place of the input.
    func outputs<Item>(
        of items: ArraySlice<Item>, write: (Item, UnsafeMutableRawBufferPointer) -> Void
    ) throws(ModelError) -> [ArraySlice<Float>] {
        precondition(items.count.isMultiple(of: batch))
        guard !items.isEmpty else { return [] }
        let chunks = stride(from: items.startIndex, to: items.endIndex, by: batch).map { items[$0..<($0 + batch)] }
        return try pool.lend(upTo: chunks.count) { requests throws(ModelError) in
            do throws(ModelError) {
                return try run(chunks, on: requests, write: write)
            } catch {
                // A request must not go back to the pool while it runs; what it ends with is no matter now.
                for request in requests { try? request.wait() }
                throw error
            }
        }
    }

    /// Keeps each request busy until no chunk is left.
    private func run<Item>(
        _ chunks: [ArraySlice<Item>], on requests: [OpenVINORequest],
        write: (Item, UnsafeMutableRawBufferPointer) -> Void
    ) throws(ModelError) -> [ArraySlice<Float>] {
        var outputs: [ArraySlice<Float>] = []
        for (chunk, request) in zip(chunks, requests) { try start(chunk, on: request, write: write) }
        for index in chunks.indices {
            let request = requests[index % requests.count]
            try request.wait()
            let output = try request.output()
            let next = index + requests.count
            if next < chunks.count { try start(chunks[next], on: request, write: write) }
            let dimension = output.count / batch
            outputs += (0..<batch).map { output[($0 * dimension)..<(($0 + 1) * dimension)] }
        }
        return outputs
    }

    private func start<Item>(
        _ chunk: ArraySlice<Item>, on request: OpenVINORequest, write: (Item, UnsafeMutableRawBufferPointer) -> Void
    ) throws(ModelError) {
        try request.withInput { input in
            let byteCount = input.count / batch
            for (number, item) in chunk.enumerated() {
                let start = number * byteCount
                write(item, UnsafeMutableRawBufferPointer(rebasing: input[start..<(start + byteCount)]))
            }
        }
        try request.start()
    }
}
