import Foundation
import SemblanceCore

/// A network that the engine can read, and what flows into it. Its output is Float32 `[images, dimension]`.
package struct Network: Sendable {
    package enum Body: Sendable {
        /// An ONNX file's bytes.
        case onnx(Data)
        /// OpenVINO's own format: the path of a graph (`.xml`), whose weights lie beside it (`.bin`).
        case openVINO(path: String)

        /// Bytes of the weights, about.
        var byteCount: Int {
            switch self {
            case .onnx(let bytes): bytes.count
            case .openVINO(let path): Int(DurableFile.byteCount(OpenVINOImageModel.weightsPath(of: path)) ?? 0)
            }
        }
    }

    package let body: Body
    package let input: NetworkInput
    /// Components of an embedding.
    package let dimension: Int
    /// Raised when the same weights would give other vectors than before: part of the model version.
    package let revision: Int
    /// Whether it takes any number of images; some foreign graphs take one and no more.
    package let takesBatches: Bool

    package init(
        body: Body, input: NetworkInput = NetworkInput(), dimension: Int, revision: Int, takesBatches: Bool = true
    ) {
        self.body = body
        self.input = input
        self.dimension = dimension
        self.revision = revision
        self.takesBatches = takesBatches
    }
}

/// The one input of an image network.
package struct NetworkInput: Hashable, Sendable {
    /// The order of its dimensions: images, channels, rows (height), columns (width).
    package enum Layout: String, Hashable, Sendable, CaseIterable {
        case nchw = "NCHW"
        case nhwc = "NHWC"
    }

    package enum Element: Hashable, Sendable {
        case float32, float16, uint8
    }

    package var layout: Layout
    package var element: Element

    package init(layout: Layout = .nchw, element: Element = .float32) {
        self.layout = layout
        self.element = element
    }

    /// A network that takes bytes normalises them itself: doing so twice would be wrong.
    /// - Throws: `model-invalid-manifest`.
    func check(_ preprocessing: Preprocessing) throws(ModelError) {
        guard element == .uint8 else { return }
        guard preprocessing.mean.allSatisfy({ $0 == 0 }), preprocessing.deviation.allSatisfy({ $0 == 1 }) else {
            throw ModelError(
                .invalidManifest,
                "The network takes bytes and normalises them itself: its preprocessing must have 'mean' [0, 0, 0] and "
                    + "'deviation' [1, 1, 1].")
        }
    }
}
