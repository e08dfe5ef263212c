import SemblanceCore

extension ONNXModelFile {
    /// Reads a constant's name and shape, and checks that it has as many elements as its shape has places: the engine
    /// trusts the two to agree.
    func tensor(in place: Range<Int>, field: Range<Int>) throws(ModelError) -> Tensor {
        var tensor = Tensor()
        tensor.place = field
        var data = ElementData()
        var dimensions: [UInt64] = []
        var reader = ProtobufReader(file.bytes, in: place)
        while let field = try reader.next(of: "a constant") {
            switch (field.number, field.content) {
            case (1, .number(let number)): dimensions.append(number)
            case (1, .bytes(let place)): dimensions += try packedNumbers(in: place)
            case (2, .number(let number)): tensor.elementType = Int(truncatingIfNeeded: number)
            case (8, .bytes(let place)): tensor.name = try text(place, "a constant's name")
            case (9, .bytes(let place)): data.rawByteCount = place.count
            case (13, _): data.isExternal = true
            case (14, .number(let number)): data.isExternal = data.isExternal || number == 1
            case (4, _), (5, _), (6, _), (7, _), (10, _), (11, _): try data.count(field, in: self)
            default: break
            }
        }
        tensor.shape = try shape(dimensions, of: tensor)
        try check(data, of: tensor)
        return tensor
    }

    private func shape(_ dimensions: [UInt64], of tensor: Tensor) throws(ModelError) -> [Int] {
        var elementCount = 1
        var shape: [Int] = []
        for dimension in dimensions {
            guard let size = Int(exactly: dimension), size <= 1 << 40, shape.count < 16,
                case (let product, let overflow) = elementCount.multipliedReportingOverflow(by: size), !overflow
            else { throw Self.damaged(tensor, "its shape has no meaning") }
            elementCount = product
            shape.append(size)
        }
        return shape
    }

    private func check(_ data: ElementData, of tensor: Tensor) throws(ModelError) {
        guard !data.isExternal else {
            throw Self.unsupported(
                "its constant '\(tensor.name.prefix(80))' lies in another file, and only files that hold their weights "
                    + "themselves are read. Save it with onnx.save(onnx.load(path), new_path)")
        }
        guard let bits = ElementData.bits[tensor.elementType] else {
            throw Self.damaged(tensor, "its elements are of the unknown type \(tensor.elementType)")
        }
        let elementCount = tensor.shape.reduce(1, *)
        if let rawByteCount = data.rawByteCount {
            let (bitCount, overflow) = elementCount.multipliedReportingOverflow(by: bits)
            guard !overflow, rawByteCount == (bitCount + 7) / 8 else {
                throw Self.damaged(tensor, "its shape \(tensor.shape) does not fit its \(rawByteCount) bytes")
            }
            return
        }
        // Two numbers stand for a complex element, one for two elements of four bits.
        let isComplex = tensor.elementType == 14 || tensor.elementType == 15
        let expected = isComplex ? elementCount * 2 : bits == 4 ? (elementCount + 1) / 2 : elementCount
        guard data.listedCount == expected else {
            throw Self.damaged(tensor, "its shape \(tensor.shape) does not fit its \(data.listedCount) numbers")
        }
    }

    private static func damaged(_ tensor: Tensor, _ reason: String) -> ModelError {
        .damaged(at: tensor.place.lowerBound, "the constant '\(tensor.name.prefix(80))' is not whole: \(reason)")
    }
}

/// What a tensor's fields say about its elements.
private struct ElementData {
    var rawByteCount: Int?
    /// Elements that are written one by one, or packed.
    var listedCount = 0
    var isExternal = false

    /// Bits of an element, by the type's number in ONNX's list; texts have none.
    static let bits: [Int: Int] = [
        1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 8: 0, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128,
        16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4,
    ]

    mutating func count(_ field: ProtobufField, in file: ONNXModelFile) throws(ModelError) {
        guard case .bytes(let place) = field.content, field.number != 6 else {
            listedCount += 1
            return
        }
        switch field.number {
        case 4: listedCount += place.count / 4
        case 10: listedCount += place.count / 8
        default:
            var reader = ProtobufReader(file.file.bytes, in: place)
            while try reader.nextNumber(of: "a constant") != nil { listedCount += 1 }
        }
    }
}
