import SemblanceCore

/// The input of a foreign network that takes the picture.
struct ImageInput: Hashable, Sendable {
    let name: String
    let input: NetworkInput
    /// Width and height in pixels; `nil` if the network takes any.
    let size: Int?

    /// Recognises a picture by its four dimensions: where 3 stands, channels are.
    /// - Parameters:
    ///   - shape: `nil` if it is not known how many dimensions there are.
    ///   - element: `nil` for a type that pixels cannot have.
    /// - Throws: `model-unsupported-architecture`, saying what was expected and found.
    init(
        name: String, shape: [ONNXModelFile.Dimension]?, element: NetworkInput.Element?, typeName: String
    ) throws(ModelError) {
        let title = "its input '\(name.prefix(80))'"
        guard let shape, shape.count == 4 else {
            throw ONNXModelFile.unsupported(
                "expected pictures (four dimensions), but \(title) has \(shape.map { "\($0.count)" } ?? "any number")")
        }
        guard let element else {
            throw ONNXModelFile.unsupported("expected Float32, Float16 or UInt8, but \(title) takes \(typeName)")
        }
        let layout = try Self.layout(shape, title)
        let sides = layout == .nchw ? shape[2...3] : shape[1...2]
        self.name = name
        input = NetworkInput(layout: layout, element: element)
        size = try Self.size(Array(sides), title)
    }

    private static func layout(
        _ shape: [ONNXModelFile.Dimension], _ title: String
    ) throws(ModelError) -> NetworkInput.Layout {
        switch (shape[1], shape[3]) {
        case (.fixed(3), _): return .nchw
        case (_, .fixed(3)): return .nhwc
        case (.fixed(let channels), .open), (.fixed(let channels), .fixed):
            throw ONNXModelFile.unsupported("expected three channels, but \(title) has \(channels)")
        case (.open(let second), .open(let last)):
            // Open, but perhaps named; PyTorch's order otherwise.
            let isLast = last.lowercased().contains("channel") && !second.lowercased().contains("channel")
            return isLast ? .nhwc : .nchw
        case (.open, .fixed(let size)):
            // A fixed width after open channels.
            guard shape[2].size == size else {
                throw ONNXModelFile.unsupported("expected three channels, but \(title) has \(size)")
            }
            return .nchw
        }
    }

    private static func size(_ sides: [ONNXModelFile.Dimension], _ title: String) throws(ModelError) -> Int? {
        let sizes = Set(sides.compactMap(\.size))
        guard sizes.count <= 1 else {
            throw ONNXModelFile.unsupported(
                "expected a square input, but \(title) is \(sides[1].size ?? 0)×\(sides[0].size ?? 0) pixels")
        }
        if let size = sizes.first, !(8...4096).contains(size) {
            throw ONNXModelFile.unsupported("expected an input of 8 to 4096 pixels a side, but \(title) has \(size)")
        }
        return sizes.first
    }
}

extension ONNXModelFile {
    /// The picture's input, among those that the nodes in question read.
    /// - Throws: `model-unsupported-architecture` if there is not exactly one input, or if it takes no pictures.
    func imageInput(among needed: Set<String>) throws(ModelError) -> ImageInput {
        let read = inputs.filter { needed.contains($0.name) }
        guard let input = read.first else {
            throw Self.unsupported("its output does not depend on any input")
        }
        guard read.count == 1 else {
            let names = read.map { "'\($0.name.prefix(80))'" }.joined(separator: ", ")
            throw Self.unsupported(
                "expected one input, a picture; its output needs \(names). Name an output that needs only the picture "
                    + "(--output)")
        }
        return try ImageInput(
            name: input.name, shape: input.shape, element: Self.pixelElement(input.elementType),
            typeName: Self.typeName(input.elementType))
    }

    private static func pixelElement(_ type: Int) -> NetworkInput.Element? {
        switch type {
        case 1: .float32
        case 2: .uint8
        case 10: .float16
        default: nil
        }
    }

    private static func typeName(_ type: Int) -> String {
        let names = [
            3: "Int8", 4: "UInt16", 5: "Int16", 6: "Int32", 7: "Int64", 8: "texts", 9: "Bool", 11: "Float64",
            12: "UInt32", 13: "UInt64", 16: "BFloat16",
        ]
        return names[type] ?? "what is no number"
    }
}
