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
    let strides: [Int]
    /// Bytes from the file's start to the first element.
    let start: Int
    let file: CheckpointFile

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
