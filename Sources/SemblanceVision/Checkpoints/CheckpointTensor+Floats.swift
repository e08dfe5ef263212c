import SemblanceCore

/// Reading elements. A checkpoint holds some 100 million of them: each loop here is one that the compiler vectorises,
/// or is for a rare case.
extension CheckpointTensor {
    /// The elements as Float32 in row order.
    ///
    /// Their pages of the file are given back afterwards: a tensor is read once, and what stays mapped counts as this
    /// process's memory.
    /// - Throws: `model-unexpected-tensors` if an element is not finite.
    package func floats() throws(ModelError) -> [Float] {
        let values = withExtendedLifetime(file) { convertedElements() }
        if isContiguous { file.releasePages(of: start..<(start + count * elementType.byteCount)) }
        guard !Self.areFinite(values), let index = values.firstIndex(where: { !$0.isFinite }) else { return values }
        throw ModelError(
            .unexpectedTensors,
            "The tensor '\(name)' holds \(values[index]) at element \(index); expected finite numbers only. "
                + "The file is damaged or its training failed: get it again from its publisher.")
    }

    /// Whether no exponent has all its bits set. The largest magnitude, as a whole number, tells for all at once.
    private static func areFinite(_ values: [Float]) -> Bool {
        var largest: UInt32 = 0
        values.withUnsafeBufferPointer { values in
            for value in values { largest = max(largest, value.bitPattern & 0x7FFF_FFFF) }
        }
        return largest < Float.infinity.bitPattern
    }

    private var isContiguous: Bool {
        // Sizes beside a 0 are not bounded by the storage, so their product could overflow.
        guard count > 0 else { return true }
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() {
            if size != 1 && stride != expected { return false }
            expected *= size
        }
        return true
    }

    private func convertedElements() -> [Float] {
        switch elementType {
        case .float32: converted(from: Float.self) { $0 }
        case .float16: converted(from: UInt16.self, Self.float(halfBits:))
        case .bfloat16: converted(from: UInt16.self, Self.float(brainBits:))
        case .float64: converted(from: Double.self) { Float($0) }
        case .int64: converted(from: Int64.self) { Float($0) }
        case .int32: converted(from: Int32.self) { Float($0) }
        case .int16: converted(from: Int16.self) { Float($0) }
        case .int8: converted(from: Int8.self) { Float($0) }
        case .uint8: converted(from: UInt8.self) { Float($0) }
        case .bool: converted(from: UInt8.self) { $0 == 0 ? 0 : 1 }
        }
    }

    @inline(__always)
    private func converted<Value: BitwiseCopyable>(from _: Value.Type, _ value: (Value) -> Float) -> [Float] {
        isContiguous ? contiguous(from: Value.self, value) : strided(from: Value.self, value)
    }

    @inline(__always)
    private func contiguous<Value: BitwiseCopyable>(from _: Value.Type, _ value: (Value) -> Float) -> [Float] {
        let source = UnsafeRawBufferPointer(rebasing: file.bytes[start..<(start + count * MemoryLayout<Value>.size)])
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
            for index in 0..<count {
                let bits = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
                buffer[index] = value(bits)
            }
            initialised = count
        }
    }

    /// Row by row along the last dimension that is one; tensors saved transposed, or with channels last.
    @inline(__always)
    private func strided<Value: BitwiseCopyable>(from _: Value.Type, _ value: (Value) -> Float) -> [Float] {
        let dimensions = zip(shape, strides).filter { $0.0 != 1 }
        guard let row = dimensions.last else { return [] }
        let sizes = dimensions.map(\.0)
        var indices = [Int](repeating: 0, count: dimensions.count - 1)
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
            while initialised < count {
                var place = zip(indices, dimensions).reduce(0) { $0 + $1.0 * $1.1.1 }
                for _ in 0..<row.0 {
                    let offset = start + place * MemoryLayout<Value>.size
                    buffer[initialised] = value(file.bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
                    initialised += 1
                    place += row.1
                }
                Self.advance(&indices, in: sizes)
            }
        }
    }

    /// Counts up like an odometer: the last index turns fastest.
    private static func advance(_ indices: inout [Int], in sizes: [Int]) {
        for dimension in indices.indices.reversed() {
            indices[dimension] += 1
            if indices[dimension] < sizes[dimension] { return }
            indices[dimension] = 0
        }
    }

    /// bfloat16 is the upper half of a Float32.
    @inline(__always)
    private static func float(brainBits bits: UInt16) -> Float {
        Float(bitPattern: UInt32(bits) << 16)
    }

    /// IEEE 754 half precision, by hand and without a branch: Swift has no Float16 on x86-64 Linux before
    /// AVX512-FP16.
    ///
    /// With its bits in a Float32's places the number is 2^112 too small, subnormal ones included; infinity and NaN,
    /// whose exponent is all ones, need theirs filled up.
    @inline(__always)
    private static func float(halfBits bits: UInt16) -> Float {
        let magnitude = UInt32(bits & 0x7FFF)
        let scaled = (Float(bitPattern: magnitude << 13) * 0x1p112).bitPattern
        let special: UInt32 = magnitude >= 0x7C00 ? 0x7F80_0000 : 0
        return Float(bitPattern: scaled | special | UInt32(bits & 0x8000) << 16)
    }
}
