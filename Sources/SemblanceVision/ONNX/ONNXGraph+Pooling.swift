/// How a network's last features, `[images, channels, rows, columns]`, become fewer.
extension ONNXGraph {
    /// The mean over rows and columns: `[images, channels, 1, 1]`.
    package mutating func globalAveragePool(_ value: Value) -> Value {
        append("GlobalAveragePool", [value])
    }

    /// The generalised mean over rows and columns, (mean xᵖ)^(1/p), of what is at least `floor`:
    /// `[images, channels, 1, 1]`.
    ///
    /// Between the mean (p = 1) and the maximum (p = ∞). Radenović, Tolias and Chum, "Fine-tuning CNN Image Retrieval
    /// with No Human Annotation" (2018), whose exponent of 3 and floor of 1e-6 are the defaults here.
    package mutating func generalisedMeanPool(_ value: Value, exponent: Float = 3, floor: Float = 1e-6) -> Value {
        let floor = constant("gem.floor", shape: [], [floor])
        let power = constant("gem.exponent", shape: [], [exponent])
        let root = constant("gem.root", shape: [], [1 / exponent])
        let powers = append("Pow", [append("Clip", [value, floor]), power])
        return append("Pow", [globalAveragePool(powers), root])
    }

    /// PyTorch's `AdaptiveAvgPool2d`: means over `count` windows a side, which overlap where the side is no multiple
    /// of `count`. Nothing is added where nothing changes.
    ///
    /// ONNX has no such operator, but it is linear in rows and in columns: two products with small matrices.
    /// - Parameter side: rows and columns of the value.
    package mutating func adaptiveAveragePool(_ value: Value, from side: Int, to count: Int) -> Value {
        guard side != count else { return value }
        var rows = [Float](repeating: 0, count: count * side)
        var columns = rows
        for window in 0..<count {
            let places = (window * side / count)..<(((window + 1) * side + count - 1) / count)
            for place in places {
                rows[window * side + place] = 1 / Float(places.count)
                columns[place * count + window] = 1 / Float(places.count)
            }
        }
        let left = constant("pool.rows", shape: [count, side], rows)
        let right = constant("pool.columns", shape: [side, count], columns)
        return append("MatMul", [left, append("MatMul", [value, right])])
    }
}
