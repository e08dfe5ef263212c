/// A model's unit-length vector for one image.
public struct Embedding: Hashable, Sendable {
    /// Components, of unit Euclidean length within 1e-3.
    public let values: [Float]

    public var dimension: Int { values.count }

    /// Scales a model's raw output to unit length.
    /// - Returns: `nil` if a component is not finite or the length is zero.
    public init?(normalising values: [Float]) {
        var squares = 0.0
        for value in values { squares += Double(value) * Double(value) }
        guard squares.isFinite, squares > 0, !values.isEmpty else { return nil }
        let scale = 1 / squares.squareRoot()
        self.values = values.map { Float(Double($0) * scale) }
    }

    /// Takes a vector that is of unit length already, such as one out of a store.
    public init(unit values: [Float]) {
        self.values = values
    }

    /// Cosine similarity, −1…1.
    /// - Precondition: equal dimensions.
    public func score(with other: Embedding) -> Float {
        precondition(dimension == other.dimension, "expected \(dimension) dimensions, not \(other.dimension)")
        var sum: Float = 0
        for index in values.indices { sum += values[index] * other.values[index] }
        return sum
    }
}
