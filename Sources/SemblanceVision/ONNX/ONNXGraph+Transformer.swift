/// The operators that transformers are made of besides. Values are `[images or texts, tokens, width]`.
extension ONNXGraph {
    /// Joins the last dimension with a matrix, x·Wᵀ + b.
    /// - Parameters:
    ///   - weights: `[outputs, inputs]`, as PyTorch keeps them.
    ///   - bias: one for each output, or none.
    package mutating func linear(
        _ value: Value, name: String, outputs: Int, inputs: Int, weights: [Float], bias: [Float]? = nil
    ) -> Value {
        let kept = constant("\(name).weight", shape: [outputs, inputs], weights)
        let matrix = transpose(kept, [1, 0])
        let product = append("MatMul", [value, matrix], name: name)
        guard let bias else { return product }
        return add(product, constant("\(name).bias", shape: [outputs], bias))
    }

    /// Each vector along the last dimension less its mean, by its deviation, times `scale`, plus `shift`
    /// (Ba, Kiros and Hinton 2016).
    package mutating func layerNormalisation(
        _ value: Value, name: String, scale: [Float], shift: [Float], epsilon: Float
    ) -> Value {
        let factor = constant("\(name).weight", shape: [scale.count], scale)
        let offset = constant("\(name).bias", shape: [shift.count], shift)
        return append(
            "LayerNormalization", [value, factor, offset], name: name,
            attributes: ["axis": .integer(-1), "epsilon": .float(epsilon)])
    }

    /// x · Φ(x) with the normal distribution's Φ, exact.
    package mutating func gelu(_ value: Value) -> Value {
        let root = constant("gelu.root", shape: [], [Float(2).squareRoot()])
        let error = append("Erf", [append("Div", [value, root])])
        let one = constant("gelu.one", shape: [], [1])
        let half = constant("gelu.half", shape: [], [0.5])
        return multiply(multiply(value, add(error, one)), half)
    }

    /// x · σ(1.702 x), OpenAI's quick approximation of it.
    package mutating func quickGELU(_ value: Value) -> Value {
        let factor = constant("gelu.factor", shape: [], [1.702])
        return multiply(value, append("Sigmoid", [multiply(value, factor)]))
    }

    /// The product, place by place; shapes are broadcast.
    package mutating func multiply(_ left: Value, _ right: Value) -> Value {
        append("Mul", [left, right])
    }

    package mutating func matrixProduct(_ left: Value, _ right: Value) -> Value {
        append("MatMul", [left, right])
    }

    /// e to the value, as a share of the sum along the last dimension.
    package mutating func softmax(_ value: Value) -> Value {
        append("Softmax", [value], attributes: ["axis": .integer(-1)])
    }

    /// The dimensions in another order.
    package mutating func transpose(_ value: Value, _ order: [Int]) -> Value {
        append("Transpose", [value], attributes: ["perm": .integers(order)])
    }

    /// Another shape for the same elements; 0 keeps a dimension, −1 takes what is left.
    package mutating func reshape(_ value: Value, _ shape: [Int]) -> Value {
        append("Reshape", [value, integers("shape", shape)])
    }

    /// Zeros before the first token.
    package mutating func padTokens(_ value: Value, before count: Int) -> Value {
        append("Pad", [value, integers("pads", [0, count, 0, 0, 0, 0])])
    }

    /// Some tokens in a row.
    package mutating func tokens(_ range: Range<Int>, of value: Value) -> Value {
        let bounds = [range.lowerBound, range.upperBound].map { integers("tokens", [$0]) }
        return append("Slice", [value, bounds[0], bounds[1], integers("axes", [1])])
    }

    /// The mean over tokens: `[images, width]`.
    package mutating func meanOfTokens(_ value: Value) -> Value {
        append("ReduceMean", [value], attributes: ["axes": .integers([1]), "keepdims": .integer(0)])
    }

    /// The rows of a table with these numbers.
    package mutating func rows(_ numbers: Value, of table: Value) -> Value {
        append("Gather", [table, numbers], attributes: ["axis": .integer(0)])
    }

    private mutating func integers(_ name: String, _ values: [Int]) -> Value {
        constant(name, shape: [values.count], integers: values.map(Int64.init))
    }

    /// For each text, the token at its first largest number: `[texts, width]`.
    /// - Parameters:
    ///   - numbers: Int32 `[texts, tokens]`, none negative, each below 2³¹ ÷ tokens.
    package mutating func tokenAtFirstMaximum(of numbers: Value, in value: Value, tokenCount: Int) -> Value {
        // Equal numbers would leave the choice to the engine: the earlier ones are made larger.
        let whole = append("Cast", [numbers], attributes: ["to": .integer(7)])
        let count = integers("count", [tokenCount])
        let places = integers("places", Array((0..<tokenCount).reversed()))
        let distinct = add(multiply(whole, count), places)
        let place = append("ArgMax", [distinct], attributes: ["axis": .integer(1), "keepdims": .integer(1)])
        return append("GatherND", [value, place], attributes: ["batch_dims": .integer(1)])
    }
}
