import Foundation
import SemblanceCore

/// A network in OpenVINO's own format (`.xml`, with its weights in a `.bin` of the same name beside it), as
/// `models quantize` writes it.
package struct OpenVINOImageModel: Sendable {
    /// The family's name in manifests.
    package static let family = "openvino"
    /// Raised when the same files would give other vectors than before.
    static let revision = 1

    package let network: Network

    /// - Parameters:
    ///   - path: of the `.xml` file.
    ///   - size: pixels a side.
    /// - Throws: `model-weights-missing`, `model-engine-failed`; `model-unsupported-architecture` for a network that
    ///   does not make one vector of each picture.
    package init(path: String, size: Int, runtime: OpenVINORuntime) throws(ModelError) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        do {
            network = try Self.network(path: path, size: size, runtime: runtime)
        } catch {
            throw ModelError(
                error.code, "The OpenVINO model '\(name)' was refused: \(error.message)", underlying: error.underlying)
        }
    }

    /// The path of the weights that belong to a graph.
    package static func weightsPath(of path: String) -> String {
        (path.hasSuffix(".xml") ? String(path.dropLast(4)) : path) + ".bin"
    }

    private static func network(path: String, size: Int, runtime: OpenVINORuntime) throws(ModelError) -> Network {
        guard path.hasSuffix(".xml") else { throw ONNXModelFile.unsupported("expected a file that ends in .xml") }
        guard access(weightsPath(of: path), R_OK) == 0 else {
            throw ModelError(.weightsMissing, "its weights, a .bin file of the same name, are not beside it.")
        }
        let graph = try CheckpointFile(path: path)
        // The engine would try its readers of other formats on anything else.
        guard ["<?xml", "<net"].contains(where: { graph.bytes.starts(with: $0.utf8) }) else {
            throw ONNXModelFile.unsupported("expected a graph of OpenVINO's format, in XML")
        }
        let weights = try CheckpointFile(path: weightsPath(of: path))
        try SystemMemory.check(2 * weights.bytes.count, for: weights.name)
        let body = Network.Body.openVINO(path: path)
        let model = try runtime.read(body)
        let input = try imageInput(of: model)
        guard input.size == nil || input.size == size else {
            throw ONNXModelFile.unsupported(
                "its input has \(input.size ?? 0) pixels a side, not \(size). Correct 'size' of its preprocessing")
        }
        let probe = try OutputProbe(model, input: input, size: size)
        guard probe.shape.count == 2, (2...65_536).contains(probe.shape[1]) else {
            throw ONNXModelFile.unsupported("expected one vector a picture, not an output of the shape \(probe.shape)")
        }
        return Network(
            body: body, input: input.input, dimension: probe.shape[1], revision: revision,
            takesBatches: probe.takesBatches)
    }

    private static func imageInput(of model: borrowing OpenVINOModel) throws(ModelError) -> ImageInput {
        let inputs = try model.inputs()
        guard inputs.count == 1 else {
            throw ONNXModelFile.unsupported("expected one input, a picture, not \(inputs.count)")
        }
        let shape = inputs[0].shape?.map { $0.map(ONNXModelFile.Dimension.fixed) ?? .open("") }
        return try ImageInput(
            name: inputs[0].name, shape: shape, element: inputs[0].element, typeName: "another type")
    }
}
