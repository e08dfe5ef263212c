import SemblanceCore

/// An image network that reads a picture as a row of patches.
///
/// The picture is cut into squares, each becomes a token, a class token stands before them, and every place has a
/// learnt embedding that is added. What the class token has become after all layers is the embedding.
///
/// Source: Dosovitskiy et al., "An Image Is Worth 16×16 Words" (2021).
struct VisionTransformer: Hashable, Sendable {
    /// What a publisher calls the parts around the layers.
    struct Names: Hashable, Sendable {
        var patches: String
        var classToken: String
        /// Further tokens after the class token that no picture changes (Darcet et al. 2024).
        var registers: String?
        var positions: String
        /// A normalisation before the layers.
        var normBefore: String?
        var normAfter: String
        /// How many dimensions of one stand before the last ones in the tensors of tokens and places.
        var leadingOnes: Int
        var layers: TransformerStack.Names
    }

    let names: Names
    let stack: TransformerStack
    /// Pixels of a patch's side.
    let patch: Int
    /// Patches of a side, at the size that the network was trained for.
    let grid: Int
    let hasPatchBias: Bool
    let registerCount: Int
    /// Places that have an embedding: those of all patches, and of as many tokens before them as are left over.
    let placeCount: Int

    var width: Int { stack.width }
    /// Pixels of a side.
    var size: Int { grid * patch }
    /// Tokens before the first patch's.
    var prefixCount: Int { 1 + registerCount }
}

// MARK: - Recognition

extension VisionTransformer {
    /// - Returns: `nil` if these names' first tensors are not there.
    /// - Throws: `model-unexpected-tensors` if they make no network of square patches on a square grid.
    init?(_ names: Names, stack: TransformerStack?, in checkpoint: Checkpoint) throws(ModelError) {
        guard let stack, let patches = checkpoint["\(names.patches).weight"]?.shape,
            let positions = checkpoint[names.positions]?.shape
        else { return nil }
        guard patches.count == 4, patches[0] == stack.width, patches[1] == 3, patches[2] == patches[3] else {
            throw Self.unfit("\(names.patches).weight", patches, "[\(stack.width), 3, patch, patch]", checkpoint)
        }
        let registers = names.registers.flatMap { checkpoint[$0]?.shape.dropLast().last } ?? 0
        let placeCount = positions.dropLast().last ?? 0
        // Some networks give places to all tokens, some to the class and the patches, some to the patches only.
        let prefixes = [1, 0, 1 + registers]
        guard let grid = prefixes.lazy.compactMap({ Self.root(placeCount - $0) }).first,
            positions == Self.shape([placeCount, stack.width], leadingOnes: names.leadingOnes)
        else {
            throw Self.unfit(
                names.positions, positions, "a place for the class and for a square of patches", checkpoint)
        }
        self.names = names
        self.stack = stack
        patch = patches[2]
        self.grid = grid
        hasPatchBias = checkpoint["\(names.patches).bias"] != nil
        registerCount = registers
        self.placeCount = placeCount
    }

    private static func unfit(
        _ name: String, _ shape: [Int], _ expected: String, _ checkpoint: Checkpoint
    ) -> ModelError {
        ModelError(
            .unexpectedTensors,
            "The tensor '\(name)' in '\(checkpoint.fileName)' has the shape \(shape); expected \(expected).")
    }

    /// The whole square root, if there is one.
    private static func root(_ square: Int) -> Int? {
        guard square > 0 else { return nil }
        let root = Int(Double(square).squareRoot().rounded())
        return root * root == square ? root : nil
    }

    static func shape(_ sizes: [Int], leadingOnes: Int) -> [Int] {
        [Int](repeating: 1, count: leadingOnes) + sizes
    }

    private var classTokenShape: [Int] {
        names.leadingOnes == 0 ? [width] : Self.shape([1, width], leadingOnes: names.leadingOnes)
    }

    var expectedTensors: [ExpectedTensor] {
        var tensors = [
            ExpectedTensor("\(names.patches).weight", [width, 3, patch, patch]),
            ExpectedTensor(names.classToken, classTokenShape),
            ExpectedTensor(names.positions, Self.shape([placeCount, width], leadingOnes: names.leadingOnes)),
        ]
        if hasPatchBias { tensors.append(ExpectedTensor("\(names.patches).bias", [width])) }
        if let registers = names.registers, registerCount > 0 {
            tensors.append(ExpectedTensor(registers, Self.shape([registerCount, width], leadingOnes: 1)))
        }
        for norm in [names.normBefore, names.normAfter].compactMap({ $0 }) {
            tensors += [ExpectedTensor("\(norm).weight", [width]), ExpectedTensor("\(norm).bias", [width])]
        }
        return tensors + stack.expectedTensors
    }
}

// MARK: - Graph

extension VisionTransformer {
    /// The tokens after the last normalisation, `[images, tokens, width]`.
    /// - Parameters:
    ///   - grid: patches of a side; another number than the network was trained with resamples the places.
    ///   - keepsFirstOnly: whether the class token is all that is wanted.
    func add(
        to graph: inout ONNXGraph, grid: Int, keepsFirstOnly: Bool, from weights: StateDict
    ) throws(ModelError) -> ONNXGraph.Value {
        let patchCount = grid * grid
        let patches = graph.convolution(
            graph.input,
            Convolution(
                name: names.patches, shape: [width, 3, patch, patch],
                weights: try weights.values("\(names.patches).weight", shape: [width, 3, patch, patch]),
                bias: hasPatchBias
                    ? try weights.values("\(names.patches).bias", shape: [width]) : [Float](repeating: 0, count: width)),
            stride: patch, padding: .symmetric(0))
        let rows = graph.transpose(graph.reshape(patches, [0, width, patchCount]), [0, 2, 1])
        // The tokens before the patches never change: zeros make room, and they come with their places' embeddings.
        let places = graph.constant(
            "places", shape: [1, prefixCount + patchCount, width], try placesWithPrefix(grid: grid, from: weights))
        var value = graph.add(graph.padTokens(rows, before: prefixCount), places)
        if let norm = names.normBefore {
            value = try graph.layerNormalisation(
                value, named: norm, width: width, epsilon: stack.epsilon, from: weights)
        }
        value = try stack.add(
            to: &graph, after: value, tokenCount: prefixCount + patchCount, keepsFirstOnly: keepsFirstOnly,
            from: weights)
        return try graph.layerNormalisation(
            value, named: names.normAfter, width: width, epsilon: stack.epsilon, from: weights)
    }

    /// The places' embeddings, with the class and register tokens added to theirs.
    private func placesWithPrefix(grid newGrid: Int, from weights: StateDict) throws(ModelError) -> [Float] {
        let places = try weights.values(
            names.positions, shape: Self.shape([placeCount, width], leadingOnes: names.leadingOnes))
        var prefix = try weights.values(names.classToken, shape: classTokenShape)
        if let registers = names.registers, registerCount > 0 {
            prefix += try weights.values(registers, shape: [1, registerCount, width])
        }
        let ownCount = (placeCount - grid * grid) * width
        for index in 0..<ownCount { prefix[index] += places[index] }
        let own = PlaceGrid(side: grid, width: width, values: Array(places[ownCount...]))
        return prefix + own.resampled(to: newGrid)
    }
}
