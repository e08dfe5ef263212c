import COpenVINO
import Foundation
import SemblanceCore

/// The engine: reads models and compiles them for this machine's processor.
///
/// `@unchecked Sendable`: `handle` is set once, and OpenVINO's core is thread-safe.
package final class OpenVINORuntime: @unchecked Sendable {
    private let handle: OpaquePointer

    /// - Parameter cacheFolder: where compiled models are kept, so that the next start is quick; made if missing.
    ///   `nil`, or a folder that cannot be written, means no cache.
    /// - Throws: `model-engine-failed`, also if the engine's libraries are not complete.
    package init(cacheFolder: String?) throws(ModelError) {
        handle = try makeHandle("start") { ov_core_create(&$0) }
        guard let cacheFolder, Self.isUsable(cacheFolder) else { return }
        let status = Self.withProperties([("CACHE_DIR", cacheFolder)]) {
            ov_core_set_properties(handle, "CPU", $0.count, $0.baseAddress)
        }
        try check(status, "use its cache folder")
    }

    deinit { ov_core_free(handle) }

    /// The engine's version, such as `2026.4.1-22982-…`.
    package static func version() -> String? {
        var version = ov_version_t()
        guard ov_get_openvino_version(&version) == OK else { return nil }
        defer { ov_version_free(&version) }
        return version.buildNumber.map { String(cString: $0) }
    }

    /// Reads an ONNX model out of memory; the bytes are not needed afterwards.
    package func read(onnx bytes: Data) throws(ModelError) -> OpenVINOModel {
        let handle = try makeHandle("read the model's graph") { model in
            bytes.withUnsafeBytes { buffer in
                ov_core_read_model_from_memory_buffer(
                    self.handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, nil, &model)
            }
        }
        return OpenVINOModel(owning: handle)
    }

    /// Reads a network, whatever its format.
    package func read(_ body: Network.Body) throws(ModelError) -> OpenVINOModel {
        switch body {
        case .onnx(let bytes): try read(onnx: bytes)
        case .openVINO(let path):
            OpenVINOModel(
                owning: try makeHandle("read the model '\(path.split(separator: "/").last ?? "")'") {
                    ov_core_read_model(handle, path, nil, &$0)
                })
        }
    }

    /// Compiles a model, or loads it from the cache.
    package func compile(
        _ model: borrowing OpenVINOModel, options: EngineOptions
    ) throws(ModelError) -> OpenVINOCompiledModel {
        let modelHandle = model.handle
        let properties = options.properties
        let compiled = try makeHandle("compile the model") { compiled in
            Self.withProperties(properties) {
                ov_core_compile_model_props(handle, modelHandle, "CPU", $0.count, $0.baseAddress, &compiled)
            }
        }
        return OpenVINOCompiledModel(owning: compiled)
    }
}

extension OpenVINORuntime {
    private static func isUsable(_ folder: String) -> Bool {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return access(folder, W_OK | X_OK) == 0
    }

    /// Properties as C has them, for the time of a call.
    private static func withProperties<Result>(
        _ properties: [(key: String, value: String)], _ body: (UnsafeBufferPointer<ov_property_t>) -> Result
    ) -> Result {
        let strings = properties.map { (key: strdup($0.key), value: strdup($0.value)) }
        defer {
            for string in strings {
                free(string.key)
                free(string.value)
            }
        }
        return strings.map { ov_property_t(key: $0.key, value: $0.value) }.withUnsafeBufferPointer(body)
    }
}
