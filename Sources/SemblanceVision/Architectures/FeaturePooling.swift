import SemblanceCore

extension NetworkOptions {
    /// How a convolutional network's last features become one vector: the mean by default.
    /// - Throws: `model-unsupported-architecture` for a class token, which such networks do not have.
    func pooling(ofFamily family: String) throws(ModelError) -> Pooling {
        guard pooling != .cls else {
            throw ModelError(
                .unsupportedArchitecture,
                "The family '\(family)' has no class token: expected the pooling 'mean' or 'gem', not 'cls'.")
        }
        return pooling ?? .mean
    }
}

extension ONNXGraph {
    /// One vector an image, `[images, channels]`, from features at places; never from a class token.
    mutating func vector(_ features: Value, pooling: NetworkOptions.Pooling) -> Value {
        flatten(pooling == .gem ? generalisedMeanPool(features) : globalAveragePool(features))
    }
}

extension Preprocessing {
    /// torchvision's transform for its first ImageNet weights: the shorter side to 256 pixels, bilinear, the centre's
    /// 224 × 224; ImageNet's mean and deviation, (0.485, 0.456, 0.406) and (0.229, 0.224, 0.225) times 255.
    package static let torchVision = Preprocessing(
        size: 224, fit: .crop, resizeTo: 256, filter: .bilinear, mean: [123.675, 116.28, 103.53],
        deviation: [58.395, 57.12, 57.375])
}

extension Checkpoint {
    /// Tensors that a network knows and does not read, such as its classifier for any number of classes.
    func unread(_ names: [String]) -> [ExpectedTensor] {
        names.compactMap { name in self[name].map { ExpectedTensor(name, $0.shape, isOptional: true) } }
    }

    /// The shape of a convolution's weights, `[outputs, inputs ÷ groups, rows, columns]`, none of them 0; `nil` if
    /// there are none under this name.
    /// - Throws: `model-unexpected-tensors`, naming the tensor, if it is no convolution's.
    func convolutionShape(_ name: String) throws(ModelError) -> [Int]? {
        guard let shape = self["\(name).weight"]?.shape else { return nil }
        guard shape.count == 4, shape.allSatisfy({ $0 > 0 }) else {
            throw ModelError(
                .unexpectedTensors,
                "The tensor '\(name).weight' in '\(fileName)' has the shape \(shape); "
                    + "expected a convolution's: outputs, inputs, rows and columns.")
        }
        return shape
    }
}
