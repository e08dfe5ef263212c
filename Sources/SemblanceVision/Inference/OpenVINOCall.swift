import COpenVINO
import SemblanceCore

/// What the engine said, for the log: never shown to users, for it may hold paths.
struct OpenVINOFailure: Error, CustomStringConvertible {
    let call: String
    let status: Int
    let text: String

    var description: String { "OpenVINO: \(call) failed with status \(status): \(text)" }
}

/// Checks the status of one call of OpenVINO's C API.
/// - Parameters:
///   - purpose: what Semblance was doing, to follow "The inference engine could not".
/// - Throws: `model-engine-failed`.
func check(
    _ status: ov_status_e, _ purpose: @autoclosure () -> String, call: StaticString = #function
) throws(ModelError) {
    guard status != OK else { return }
    // The last message is kept for each thread; the status's own text is constant.
    let last = ov_get_last_err_msg().map { String(cString: $0) } ?? ""
    let text = last.isEmpty ? ov_get_error_info(status).map { String(cString: $0) } ?? "" : last
    throw ModelError(
        .engineFailed, "The inference engine could not \(purpose()). 'semblance doctor' checks the installation.",
        underlying: OpenVINOFailure(call: "\(call)", status: Int(status.rawValue), text: text))
}

/// Makes a handle: calls `body` with a place for it, and checks both the status and the handle.
func makeHandle(
    _ purpose: String, call: StaticString = #function, _ body: (inout OpaquePointer?) -> ov_status_e
) throws(ModelError) -> OpaquePointer {
    var handle: OpaquePointer?
    try check(body(&handle), purpose, call: call)
    guard let handle else {
        throw ModelError(.engineFailed, "The inference engine could not \(purpose): it gave no handle.")
    }
    return handle
}
