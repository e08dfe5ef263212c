import Foundation
import SemblanceCore

/// Reads safetensors: a 64-bit length, that many bytes of JSON about each tensor, and the tensors one after another.
///
/// As the format's authors demand, every byte after the header belongs to exactly one tensor: overlaps and gaps are
/// refused, so that a file can hide nothing and no two names can share what only one of them describes.
///
/// Reference: the format's description in the README of Hugging Face's `safetensors`.
package enum SafetensorsReader: CheckpointReader {
    package static let formatName = "safetensors (.safetensors)"

    /// Bytes of the header. 10,000 tensors take about 1.5 MB; what is parsed takes some ten times the memory.
    static let maximumHeaderByteCount = 16 << 20
    private static let lengthByteCount = 8

    private static let elementTypes: [String: ElementType] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
        "I16": .int16, "I8": .int8, "U8": .uint8, "BOOL": .bool,
    ]

    /// There is no magic number: a length that is plausible, and the brace that the header must begin with.
    package static func recognises(_ file: CheckpointFile) -> Bool {
        guard file.bytes.count > lengthByteCount, file.bytes[lengthByteCount] == UInt8(ascii: "{") else { return false }
        return headerByteCount(of: file.bytes) < 1 << 32
    }

    package static func read(_ file: CheckpointFile) throws(ModelError) -> Checkpoint {
        let (members, dataOffset) = try header(of: file.bytes)
        var descriptions: [Description] = []
        // Sorted, so that of several faults always the same one is named.
        for (name, member) in members.sorted(by: { $0.key < $1.key }) where name != "__metadata__" {
            descriptions.append(try Description(name: name, member))
        }
        guard !descriptions.isEmpty else { throw .damaged(at: lengthByteCount, "expected named tensors, found none") }
        try checkThatNothingOverlapsOrIsLeftOver(descriptions, dataByteCount: file.bytes.count - dataOffset)
        var tensors: [String: CheckpointTensor] = [:]
        for description in descriptions {
            tensors[description.name] = try description.tensor(in: file, dataOffset: dataOffset)
        }
        return Checkpoint(fileName: file.name, tensors: tensors)
    }
}

extension SafetensorsReader {
    private static func headerByteCount(of bytes: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    }

    /// - Returns: the header's members, and where the tensors' bytes begin.
    private static func header(
        of bytes: UnsafeRawBufferPointer
    ) throws(ModelError) -> (members: [String: JSONValue], dataOffset: Int) {
        let announced = headerByteCount(of: bytes)
        guard announced <= maximumHeaderByteCount else {
            throw .damaged(at: 0, "expected a header of at most \(maximumHeaderByteCount) bytes, not \(announced)")
        }
        var cursor = ByteCursor(bytes, at: lengthByteCount)
        let place = try cursor.take(Int(announced), "the header")
        let value: JSONValue
        do {
            value = try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[place]))
        } catch {
            let reason = (error as? RequestError)?.message ?? "It is no JSON."
            throw ModelError(
                .damagedCheckpoint, "Its header, which begins at byte \(lengthByteCount), is damaged. \(reason)",
                underlying: error)
        }
        guard case .object(let members) = value else { throw .damaged(at: place.lowerBound, "expected a JSON object") }
        return (members, place.upperBound)
    }

    /// Goes through the tensors from front to back: each must begin where the one before it ends.
    private static func checkThatNothingOverlapsOrIsLeftOver(
        _ descriptions: [Description], dataByteCount: Int
    ) throws(ModelError) {
        var end = 0
        for description in descriptions.sorted(by: Description.isBefore) {
            guard description.bytes.upperBound <= dataByteCount else {
                throw description.damaged(
                    "it ends at byte \(description.bytes.upperBound) of the tensors' \(dataByteCount) bytes")
            }
            guard description.bytes.lowerBound == end else {
                let fault = description.bytes.lowerBound < end ? "overlaps what is before it" : "leaves a gap before it"
                throw description.damaged("its place, bytes \(description.bytes), \(fault); expected it at byte \(end)")
            }
            end = description.bytes.upperBound
        }
        guard end == dataByteCount else {
            throw ModelError(
                .damagedCheckpoint, "Its tensors end at byte \(end), but \(dataByteCount) bytes follow the header.")
        }
    }

    /// A member of the header.
    private struct Description {
        let name: String
        let elementType: ElementType
        let shape: [Int]
        /// Counted from the end of the header; not checked against the file yet.
        let bytes: Range<Int>

        init(name: String, _ value: JSONValue) throws(ModelError) {
            self.name = name
            guard case .string(let type)? = value["dtype"] else { throw Self.damaged(name, "its 'dtype' is missing") }
            guard let elementType = SafetensorsReader.elementTypes[type] else {
                let known = SafetensorsReader.elementTypes.keys.sorted().joined(separator: ", ")
                throw Self.damaged(name, "expected a 'dtype' of \(known), not '\(type.prefix(20))'")
            }
            self.elementType = elementType
            guard let shape = Self.wholeNumbers(value["shape"]), shape.count <= 8 else {
                throw Self.damaged(name, "expected a 'shape' of at most 8 whole numbers")
            }
            self.shape = shape
            guard let offsets = Self.wholeNumbers(value["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1]
            else { throw Self.damaged(name, "expected 'data_offsets' of two whole numbers, the second not smaller") }
            bytes = offsets[0]..<offsets[1]
            guard Self.byteCount(of: shape, elementType) == bytes.count else {
                throw Self.damaged(
                    name, "its place, bytes \(bytes), does not hold the shape \(shape) of \(elementType)")
            }
        }

        /// `nil` if no file could hold it.
        private static func byteCount(of shape: [Int], _ elementType: ElementType) -> Int? {
            guard !shape.contains(0) else { return 0 }
            var count = elementType.byteCount
            for size in shape {
                let (product, overflows) = count.multipliedReportingOverflow(by: size)
                if overflows { return nil }
                count = product
            }
            return count
        }

        /// Empty tensors come before the one that begins at the same place.
        static func isBefore(_ left: Description, _ right: Description) -> Bool {
            (left.bytes.lowerBound, left.bytes.upperBound) < (right.bytes.lowerBound, right.bytes.upperBound)
        }

        func tensor(in file: CheckpointFile, dataOffset: Int) throws(ModelError) -> CheckpointTensor {
            let storage = (bytes.lowerBound + dataOffset)..<(bytes.upperBound + dataOffset)
            return try CheckpointTensor(
                name: name, shape: shape, elementType: elementType, storage: storage, file: file)
        }

        func damaged(_ reason: String) -> ModelError { Self.damaged(name, reason) }

        private static func damaged(_ name: String, _ reason: String) -> ModelError {
            ModelError(.damagedCheckpoint, "The tensor '\(name.prefix(200))' is damaged: \(reason).")
        }

        /// Numbers of 0 or more. A Double holds them exactly up to 2^53, far beyond any file's size.
        private static func wholeNumbers(_ value: JSONValue?) -> [Int]? {
            guard case .array(let elements)? = value else { return nil }
            var numbers: [Int] = []
            for element in elements {
                guard case .number(let number) = element, let whole = Int(exactly: number), whole >= 0 else {
                    return nil
                }
                numbers.append(whole)
            }
            return numbers
        }
    }
}
