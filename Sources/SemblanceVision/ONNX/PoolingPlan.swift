import SemblanceCore

/// How an output's shape becomes one vector.
struct PoolingPlan {
    let dimension: Int
    /// `nil` if nothing needs to be done.
    let method: NetworkOptions.Pooling?
    private let features: ONNXPooling.Shape?
    let note: String?

    /// - Throws: `model-unsupported-architecture` for a shape that cannot be an embedding.
    init(
        _ shape: [Int], wanted: NetworkOptions.Pooling?, layout: NetworkInput.Layout
    ) throws(ModelError) {
        switch shape.count {
        case 2:
            (features, method, note) = (nil, nil, nil)
            dimension = shape[1]
        case 3:
            (features, dimension) = (.tokens, shape[2])
            let chosen = wanted ?? Self.pooling(ofTokens: shape[1])
            method = chosen
            note = "It gives \(shape[1]) tokens of \(shape[2]) components; \(Self.words(chosen))."
        case 4:
            let isFirst = shape[2] == shape[3] && (shape[1] != shape[2] || layout == .nchw)
            let isLast = shape[1] == shape[2] && !isFirst
            guard isFirst || isLast || layout == .nchw else {
                throw ONNXModelFile.unsupported("expected features at places, not an output of the shape \(shape)")
            }
            (features, dimension) = isLast ? (.channelsLast, shape[3]) : (.channelsFirst, shape[1])
            let chosen = wanted == .gem ? NetworkOptions.Pooling.gem : .mean
            guard wanted != .cls else {
                throw ONNXModelFile.unsupported("its output has no class token; expected pooling by mean or gem")
            }
            method = chosen
            let places = isLast ? shape[1] * shape[2] : shape[2] * shape[3]
            note =
                "It gives \(dimension) components at \(places) place\(places == 1 ? "" : "s"); \(Self.words(chosen))."
        default:
            throw ONNXModelFile.unsupported(
                "expected an output of two to four dimensions, not of the shape \(shape)")
        }
        guard (2...65_536).contains(dimension) else {
            throw ONNXModelFile.unsupported("expected an embedding of 2 to 65,536 components, not \(dimension)")
        }
    }

    func pooling(of value: String) -> ONNXPooling? {
        guard let features, let method else { return nil }
        return ONNXPooling(of: value, shape: features, by: method)
    }

    /// A square of patches and one or five tokens more (a class token, and four registers) begin with the class token.
    private static func pooling(ofTokens count: Int) -> NetworkOptions.Pooling {
        func isSquare(_ number: Int) -> Bool {
            let root = Int(Double(max(number, 0)).squareRoot().rounded())
            return root > 0 && root * root == number
        }
        return isSquare(count) ? .mean : isSquare(count - 1) || isSquare(count - 5) ? .cls : .mean
    }

    private static func words(_ pooling: NetworkOptions.Pooling) -> String {
        switch pooling {
        case .cls: "the first, the class token, is the embedding (--pool mean or gem for others)"
        case .mean: "their mean is the embedding (--pool gem for another)"
        case .gem: "their generalised mean is the embedding"
        }
    }
}
