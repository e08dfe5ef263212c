import COpenVINO
import SemblanceCore

/// A place for one inference: its input, its output and the engine's working memory. Owns its handle.
///
/// `@unchecked Sendable`: not thread-safe in itself; `RequestPool` lends it to one thread at a time.
package final class OpenVINORequest: @unchecked Sendable {
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { ov_infer_request_free(handle) }

    /// Fills the input.
    /// - Parameter body: gets the input's bytes.
    package func withInput<Result>(
        _ body: (UnsafeMutableRawBufferPointer) -> Result
    ) throws(ModelError) -> Result {
        let tensor = try makeHandle("reach the model's input") { ov_infer_request_get_input_tensor(handle, &$0) }
        defer { ov_tensor_free(tensor) }
        return body(try Self.bytes(of: tensor))
    }

    /// Starts the inference on one of the engine's streams.
    package func start() throws(ModelError) {
        try check(ov_infer_request_start_async(handle), "start an inference")
    }

    /// Waits until the inference is done.
    package func wait() throws(ModelError) {
        try check(ov_infer_request_wait(handle), "finish an inference")
    }

    /// The output, Float32.
    package func output() throws(ModelError) -> [Float] {
        let tensor = try makeHandle("reach the model's output") { ov_infer_request_get_output_tensor(handle, &$0) }
        defer { ov_tensor_free(tensor) }
        var type = DYNAMIC
        try check(ov_tensor_get_element_type(tensor, &type), "tell the type of its output")
        guard type == F32 else {
            throw ModelError(.engineFailed, "The model's output is not Float32 (engine's type \(type.rawValue)).")
        }
        return Array(try Self.bytes(of: tensor).bindMemory(to: Float.self))
    }

    private static func bytes(of tensor: OpaquePointer) throws(ModelError) -> UnsafeMutableRawBufferPointer {
        var byteCount = 0
        try check(ov_tensor_get_byte_size(tensor, &byteCount), "tell the size of a tensor")
        var data: UnsafeMutableRawPointer?
        try check(ov_tensor_data(tensor, &data), "reach the memory of a tensor")
        return UnsafeMutableRawBufferPointer(start: data, count: byteCount)
    }
}
