import COpenVINO
import SemblanceCore

/// A model ready to run. Owns its handle.
///
/// `@unchecked Sendable`: `handle` is set once, and OpenVINO's compiled models are thread-safe.
package final class OpenVINOCompiledModel: @unchecked Sendable {
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { ov_compiled_model_free(handle) }

    /// What the engine says about the model, such as `INFERENCE_PRECISION_HINT` or `NUM_STREAMS`.
    package func property(_ key: String) throws(ModelError) -> String {
        var value: UnsafeMutablePointer<CChar>?
        try check(ov_compiled_model_get_property(handle, key, &value), "tell its setting \(key)")
        defer { ov_free(value) }
        return value.map { String(cString: $0) } ?? ""
    }

    /// A place for one inference at a time; there may be many.
    package func makeRequest() throws(ModelError) -> OpenVINORequest {
        OpenVINORequest(
            owning: try makeHandle("make room for an inference") {
                ov_compiled_model_create_infer_request(handle, &$0)
            })
    }
}
