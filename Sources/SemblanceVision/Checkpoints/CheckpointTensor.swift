import SemblanceCore

/// How a checkpoint stores one number. Little-endian.
package enum ElementType: String, Hashable, Sendable, CaseIterable {
    case float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool

    /// Bytes of one element.
    package var byteCount: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .bool: 1
        }
    }
}

/// One tensor: a shape, and where in the file its elements lie.
///
/// Made only by `init`, which checks every bound, so that reading needs no further checks.
package struct CheckpointTensor: Sendable {
    package let name: String
    package let shape: [Int]
    package let elementType: ElementType
    /// Product of `shape`.
    package let count: Int
    /// Elements from one index to the next, for each dimension.
    private let strides: [Int]
    /// Bytes from the file's start to the first element.
    private let start: Int
    private let file: CheckpointFile

    /// - Parameters:
    ///   - storage: the bytes of the storage within the file.
    ///   - offset: elements from the storage's start to the tensor's first one.
    ///   - strides: in elements; `nil` means rows one after another.
    /// - Throws: `model-checkpoint-damaged` naming the tensor, if an element would lie outside the storage,
    ///   or if two would lie at one place.
    package init(
        name: String, shape: [Int], strides: [Int]? = nil, elementType: ElementType, storage: Range<Int>,
        offset: Int = 0, file: CheckpointFile
    ) throws(ModelError) {
        let strides = if let strides { strides } else { try Self.rowStrides(of: shape, name: name) }
        let capacity = storage.count / elementType.byteCount
        guard storage.lowerBound >= 0, storage.upperBound <= file.bytes.count else {
            throw Self.damaged(name, "its storage, bytes \(storage), lies outside the file")
        }
        let extent = try Self.checkedExtent(shape: shape, strides: strides, capacity: capacity, name: name)
        guard offset >= 0, offset <= capacity, extent.span <= capacity - offset else {
            throw Self.damaged(
                name, "it ends at element \(offset) + \(extent.span) of a storage that holds \(capacity)")
        }
        self.name = name
        self.shape = shape
        self.strides = strides
        self.elementType = elementType
        self.count = extent.count
        self.start = storage.lowerBound + offset * elementType.byteCount
        self.file = file
    }

    /// The elements as Float32 in row order.
    /// - Throws: `model-unexpected-tensors` if an element is not finite.
    package func floats() throws(ModelError) -> [Float] {
        let values = withExtendedLifetime(file) { isContiguous ? contiguousFloats() : stridedFloats() }
        guard let index = values.firstIndex(where: { !$0.isFinite }) else { return values }
        throw ModelError(
            .unexpectedTensors,
            "The tensor '\(name)' holds \(values[index]) at element \(index); expected finite numbers only. "
                + "The file is damaged or its training failed: get it again from its publisher.")
    }
}

// MARK: - Reading

extension CheckpointTensor {
    private var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() {
            if size != 1 && stride != expected { return false }
            expected *= size
        }
        return true
    }

    private func contiguousFloats() -> [Float] {
        guard elementType == .float32 else { return (0..<count).map { element(at: $0) } }
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
            let source = UnsafeRawBufferPointer(rebasing: file.bytes[start..<(start + count * 4)])
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
            initialised = count
        }
    }

    private func stridedFloats() -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(count)
        var indices = [Int](repeating: 0, count: shape.count)
        for _ in 0..<count {
            values.append(element(at: zip(indices, strides).reduce(0) { $0 + $1.0 * $1.1 }))
            advance(&indices)
        }
        return values
    }

    /// Counts up like an odometer: the last dimension turns fastest.
    private func advance(_ indices: inout [Int]) {
        for dimension in indices.indices.reversed() {
            indices[dimension] += 1
            if indices[dimension] < shape[dimension] { return }
            indices[dimension] = 0
        }
    }

    private func element(at offset: Int) -> Float {
        let place = start + offset * elementType.byteCount
        func load<Value: BitwiseCopyable>(_: Value.Type) -> Value {
            file.bytes.loadUnaligned(fromByteOffset: place, as: Value.self)
        }
        switch elementType {
        case .float64: return Float(load(Double.self))
        case .float32: return load(Float.self)
        case .float16: return Self.float(halfBits: load(UInt16.self))
        case .bfloat16: return Float(bitPattern: UInt32(load(UInt16.self)) << 16)
        case .int64: return Float(load(Int64.self))
        case .int32: return Float(load(Int32.self))
        case .int16: return Float(load(Int16.self))
        case .int8: return Float(load(Int8.self))
        case .uint8: return Float(load(UInt8.self))
        case .bool: return load(UInt8.self) == 0 ? 0 : 1
        }
    }

    /// IEEE 754 half precision, by hand: Swift has no Float16 on x86-64 Linux before AVX512-FP16.
    private static func float(halfBits bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            let magnitude = Float(fraction) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}

// MARK: - Checking

extension CheckpointTensor {
    private static func damaged(_ name: String, _ reason: String) -> ModelError {
        ModelError(.damagedCheckpoint, "The tensor '\(name)' is damaged: \(reason).")
    }

    private static func rowStrides(of shape: [Int], name: String) throws(ModelError) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for dimension in shape.indices.dropFirst().reversed() {
            let (stride, overflows) = strides[dimension].multipliedReportingOverflow(by: max(shape[dimension], 1))
            guard !overflows, stride >= 0 else { throw damaged(name, "its shape \(shape) is too large") }
            strides[dimension - 1] = stride
        }
        return strides
    }

    /// The number of elements, and the elements of storage from the first to past the last.
    private static func checkedExtent(
        shape: [Int], strides: [Int], capacity: Int, name: String
    ) throws(ModelError) -> (count: Int, span: Int) {
        guard shape.count == strides.count, shape.count <= 8 else {
            throw damaged(
                name, "expected as many strides as dimensions, at most 8, not \(strides.count) for \(shape.count)")
        }
        guard shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }) else {
            throw damaged(name, "expected sizes and strides of 0 or more, not \(shape) and \(strides)")
        }
        guard !shape.contains(0) else { return (0, 0) }
        // From the smallest stride up, each dimension must step over all that the smaller ones reach:
        // then no two elements share a place, and the count cannot exceed the storage.
        var count = 1
        var span = 1
        let dimensions = zip(shape, strides).filter { $0.0 > 1 }.sorted { $0.1 < $1.1 }
        for (size, stride) in dimensions {
            guard stride >= span else {
                throw damaged(name, "its elements overlap: shape \(shape), strides \(strides)")
            }
            let (reach, overflows) = stride.multipliedReportingOverflow(by: size - 1)
            guard !overflows, reach < capacity, span <= capacity - reach else {
                throw damaged(name, "shape \(shape) does not fit a storage of \(capacity) elements")
            }
            span += reach
            count *= size
        }
        return (count, span)
    }
}
