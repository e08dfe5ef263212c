import Foundation
import SemblanceCore

extension ModelRegistry {
    /// The ONNX file that the engine gets of a model, for other engines to be compared with.
    /// - Throws: what loading throws; `model-unsupported-architecture` for a model that is no ONNX graph.
    package func graph(of modelID: String) async throws -> Data {
        let manifest = try manifest(for: modelID)
        return try await loading.run { [loader] in
            guard case .onnx(let bytes) = try loader.network(of: manifest).network.body else {
                throw ModelError(.unsupportedArchitecture, "The model '\(modelID)' is not an ONNX graph.")
            }
            return bytes
        }
    }
}
