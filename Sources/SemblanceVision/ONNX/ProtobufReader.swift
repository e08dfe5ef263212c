import SemblanceCore

/// One field of a protobuf message, in a file's bytes.
struct ProtobufField {
    enum Content {
        case number(UInt64)
        /// Eight or four bytes of a fixed width.
        case fixed(Range<Int>)
        /// Text, bytes, a message, or numbers packed together.
        case bytes(Range<Int>)
    }

    let number: Int
    let content: Content
    /// The whole field with its tag, from the file's start.
    let place: Range<Int>
}

/// Walks over the fields of an untrusted protobuf message without copying: every tag, length and number is checked.
/// (https://protobuf.dev/programming-guides/encoding)
struct ProtobufReader {
    private var cursor: ByteCursor

    /// - Precondition: `place` lies within `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, in place: Range<Int>) {
        cursor = ByteCursor(bytes, at: place.lowerBound)
        cursor.limit(to: place.count)
    }

    /// The next field; `nil` at the message's end.
    /// - Throws: `model-checkpoint-damaged`, naming the byte.
    mutating func next(of message: String) throws(ModelError) -> ProtobufField? {
        guard cursor.remainingCount > 0 else { return nil }
        let start = cursor.offset
        let tag = try varint("a field of \(message)")
        guard let number = Int(exactly: tag >> 3), (1..<(1 << 29)).contains(number) else {
            throw .damaged(at: start, "expected a field of \(message), not the tag \(tag)")
        }
        let content: ProtobufField.Content
        switch tag & 7 {
        case 0: content = .number(try varint("a number of \(message)"))
        case 1: content = .fixed(try cursor.take(8, "a number of \(message)"))
        case 2: content = .bytes(try lengthDelimited(message))
        case 5: content = .fixed(try cursor.take(4, "a number of \(message)"))
        default: throw .damaged(at: start, "expected a field of \(message), not wire type \(tag & 7)")
        }
        return ProtobufField(number: number, content: content, place: start..<cursor.offset)
    }

    /// The next number of a packed field; `nil` at its end.
    mutating func nextNumber(of message: String) throws(ModelError) -> UInt64? {
        cursor.remainingCount > 0 ? try varint("a number of \(message)") : nil
    }

    private mutating func lengthDelimited(_ message: String) throws(ModelError) -> Range<Int> {
        let start = cursor.offset
        let length = try varint("a length in \(message)")
        guard length <= UInt64(cursor.remainingCount) else {
            throw .damaged(
                at: start, "expected at most \(cursor.remainingCount) bytes in a field of \(message), not \(length)")
        }
        return try cursor.take(Int(length), "a field of \(message)")
    }

    private mutating func varint(_ what: String) throws(ModelError) -> UInt64 {
        let start = cursor.offset
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try cursor.number(UInt8.self, what)
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw .damaged(at: start, "expected \(what) in at most ten bytes")
    }
}

/// Writes the few protobuf fields that are added to a foreign graph.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ number: UInt64, field: Int) {
        varint(UInt64(field) << 3)
        varint(number)
    }

    mutating func float(_ value: Float, field: Int) {
        varint(UInt64(field) << 3 | 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func text(_ text: String, field: Int) {
        content(Array(text.utf8), field: field)
    }

    /// Bytes, or a message that was written before.
    mutating func content(_ content: [UInt8], field: Int) {
        header(of: content.count, field: field)
        bytes += content
    }

    /// The tag and the length of content that follows from elsewhere.
    mutating func header(of byteCount: Int, field: Int) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(byteCount))
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
