import SemblanceCore

/// Vectors of one length, a row each, in one piece of memory: 4 bytes a component.
public struct EmbeddingMatrix: Sendable {
    public let dimension: Int
    public let rowCount: Int
    private var values: [Float]

    /// Zeros.
    public init(rowCount: Int, dimension: Int) {
        precondition(rowCount >= 0 && dimension > 0)
        self.rowCount = rowCount
        self.dimension = dimension
        values = [Float](repeating: 0, count: rowCount * dimension)
    }

    /// One vector.
    public subscript(row: Int) -> Embedding {
        get { Embedding(unit: Array(values[row * dimension..<(row + 1) * dimension])) }
        set {
            precondition(newValue.dimension == dimension, "expected \(dimension) dimensions, not \(newValue.dimension)")
            values.replaceSubrange(row * dimension..<(row + 1) * dimension, with: newValue.values)
        }
    }

    /// The cosine similarity of two rows.
    package func score(_ row: Int, _ other: Int) -> Float {
        var scores: [Float] = [0]
        score(row, with: [other], into: &scores)
        return scores[0]
    }

    /// The dot products of one row with others: cosine similarities, as all are of unit length.
    ///
    /// Sums are taken in one fixed order, the same both ways round, so that equal pictures tie exactly.
    /// - Parameter scores: gets as many values as there are rows asked for.
    func score(_ row: Int, with rows: [Int], into scores: inout [Float]) {
        precondition(scores.count == rows.count)
        values.withUnsafeBufferPointer { values in
            let query = UnsafeBufferPointer(rebasing: values[row * dimension..<(row + 1) * dimension])
            for (place, other) in rows.enumerated() {
                scores[place] = Self.dot(
                    query, UnsafeBufferPointer(rebasing: values[other * dimension..<(other + 1) * dimension]))
            }
        }
    }

    /// In eight times four partial sums, which keep the processor's units busy.
    private static func dot(_ left: UnsafeBufferPointer<Float>, _ right: UnsafeBufferPointer<Float>) -> Float {
        var sums = (SIMD16<Float>(), SIMD16<Float>())
        let (left, count) = (UnsafeRawBufferPointer(left), left.count)
        let right = UnsafeRawBufferPointer(right)
        var place = 0
        while place + 32 <= count {
            let (near, far) = (place * 4, place * 4 + 64)
            sums.0 +=
                left.loadUnaligned(fromByteOffset: near, as: SIMD16<Float>.self)
                * right.loadUnaligned(fromByteOffset: near, as: SIMD16<Float>.self)
            sums.1 +=
                left.loadUnaligned(fromByteOffset: far, as: SIMD16<Float>.self)
                * right.loadUnaligned(fromByteOffset: far, as: SIMD16<Float>.self)
            place += 32
        }
        var sum = (sums.0 + sums.1).sum()
        while place < count {
            sum +=
                left.load(fromByteOffset: place * 4, as: Float.self)
                * right.load(fromByteOffset: place * 4, as: Float.self)
            place += 1
        }
        return sum
    }
}
