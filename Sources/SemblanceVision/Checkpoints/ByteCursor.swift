import SemblanceCore

/// Reads untrusted bytes from front to back; every read is checked against the end.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    /// Bytes from the file's start, 0…`end`.
    private(set) var offset: Int
    private(set) var end: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = min(offset, bytes.count)
        self.end = bytes.count
    }

    var remainingCount: Int { end - offset }

    /// Lets reads go no further than `count` bytes from here.
    mutating func limit(to count: Int) {
        end = min(end, offset + count)
    }

    /// Steps over bytes and returns their place.
    mutating func take(_ count: Int, _ what: String) throws(ModelError) -> Range<Int> {
        guard count >= 0, count <= remainingCount else {
            throw .damaged(at: offset, "expected \(count) bytes of \(what), not the end of the data")
        }
        defer { offset += count }
        return offset..<(offset + count)
    }

    /// A little-endian number.
    mutating func number<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type, _ what: String
    ) throws(ModelError) -> Value {
        let place = try take(MemoryLayout<Value>.size, what)
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: Value.self))
    }

    /// Text in UTF-8.
    mutating func text(byteCount: Int, _ what: String) throws(ModelError) -> String {
        let place = try take(byteCount, what)
        guard let text = String(validating: bytes[place], as: UTF8.self) else {
            throw .damaged(at: place.lowerBound, "expected \(what) in UTF-8")
        }
        return text
    }

    /// Text up to a line feed, which is stepped over.
    mutating func line(_ what: String) throws(ModelError) -> String {
        guard let length = bytes[offset..<end].prefix(4096).firstIndex(of: UInt8(ascii: "\n")).map({ $0 - offset })
        else {
            throw .damaged(at: offset, "expected \(what) and the end of its line")
        }
        let text = try text(byteCount: length, what)
        offset += 1
        return text
    }
}

extension ModelError {
    /// Damage at a byte of a weights file; `reason` says what was expected, and what was found.
    static func damaged(at offset: Int, _ reason: String) -> ModelError {
        ModelError(.damagedCheckpoint, "It is damaged at byte \(offset): \(reason).")
    }

    /// A request at a byte of a weights file for more than data.
    static func forbidden(at offset: Int, _ what: String) -> ModelError {
        ModelError(
            .forbiddenPickle,
            "At byte \(offset) it asks for \(what), which weights do not need; nothing in it was executed. "
                + "Get the file from its publisher, or convert it to plain tensors.")
    }
}
