/// A value that has a JSON form.
package protocol JSONWritable: Sendable {
    func write(to writer: inout JSONWriter)
}

/// Writes JSON text straight into a buffer, members in the order given.
///
/// Everything that this program prints or answers as JSON is written with this and not with a `JSONEncoder`, which
/// builds a tree first: too slow and too large for a search that returns a million results.
package struct JSONWriter {
    /// UTF-8.
    package private(set) var bytes: [UInt8] = []
    /// Whether a value stands before the next one in the present array or object.
    private var needsComma = false

    /// - Parameter capacity: bytes to make room for at once.
    package init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// Hands over what was written so far and goes on with an empty buffer. `use` must not keep the bytes.
    package mutating func flush<Result>(_ use: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        defer { bytes.removeAll(keepingCapacity: true) }
        return try bytes.withUnsafeBytes(use)
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Structure

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    package mutating func member(_ name: String, _ value: some JSONWritable) {
        key(name)
        value.write(to: &self)
        needsComma = true
    }

    package mutating func member(_ name: String, members: (inout JSONWriter) -> Void) {
        key(name)
        object(members)
    }

    package mutating func array<Element>(
        _ elements: some Sequence<Element>, _ writeElement: (Element, inout JSONWriter) -> Void
    ) {
        open("[")
        for element in elements { self.element { writeElement(element, &$0) } }
        close("]")
    }

    /// One element of an array that was opened with `open("[")`.
    package mutating func element(_ write: (inout JSONWriter) -> Void) {
        separate()
        write(&self)
        needsComma = true
    }

    /// A member's name, whose value the caller writes next.
    package mutating func key(_ name: String) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func open(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    package mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    // MARK: Values

    /// Text that is JSON already.
    package mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// A string with what RFC 8259, section 7, says must be escaped; all else as UTF-8.
    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            if utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
                bytes.append(contentsOf: utf8)
            } else {
                for byte in utf8 { escape(byte) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: raw("\\\"")
        case 0x5C: raw("\\\\")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        case 0..<0x20:
            raw("\\u00")
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: bytes.append(byte)
        }
    }
}
