import Hummingbird
import SemblanceCore

/// A value that has a JSON form.
package protocol JSONWritable: Sendable {
    func write(to writer: inout JSONWriter)
}

/// Writes JSON text straight into a buffer, members in the order given.
///
/// Responses are written with this and not with a `JSONEncoder`, which builds a tree first: too slow and too large
/// for a search that returns a million results.
package struct JSONWriter {
    package private(set) var buffer: ByteBuffer
    /// Whether a value stands before the next one in the present array or object.
    private var needsComma = false

    package init(capacity: Int = 512) {
        buffer = ByteBufferAllocator().buffer(capacity: capacity)
    }

    /// Hands out what was written so far and goes on with an empty buffer.
    mutating func takeBuffer() -> ByteBuffer {
        let taken = buffer
        buffer = ByteBufferAllocator().buffer(capacity: taken.capacity)
        return taken
    }

    // MARK: Structure

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    mutating func member(_ name: String, _ value: some JSONWritable) {
        key(name)
        value.write(to: &self)
        needsComma = true
    }

    mutating func member(_ name: String, members: (inout JSONWriter) -> Void) {
        key(name)
        object(members)
    }

    mutating func array<Element>(
        _ elements: some Sequence<Element>, _ writeElement: (Element, inout JSONWriter) -> Void
    ) {
        open("[")
        for element in elements { self.element { writeElement(element, &$0) } }
        close("]")
    }

    /// One element of an array that was opened with `open("[")`.
    mutating func element(_ write: (inout JSONWriter) -> Void) {
        separate()
        write(&self)
        needsComma = true
    }

    /// A member's name, whose value the caller writes next.
    mutating func key(_ name: String) {
        separate()
        string(name)
        buffer.writeInteger(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func open(_ bracket: StaticString) {
        buffer.writeStaticString(bracket)
        needsComma = false
    }

    mutating func close(_ bracket: StaticString) {
        buffer.writeStaticString(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
        needsComma = false
    }

    // MARK: Values

    mutating func raw(_ text: String) {
        buffer.writeString(text)
    }

    /// A string with what RFC 8259, section 7, says must be escaped; all else as UTF-8.
    mutating func string(_ text: String) {
        buffer.writeInteger(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
            buffer.writeString(text)
        } else {
            for byte in text.utf8 { escape(byte) }
        }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: buffer.writeStaticString("\\\"")
        case 0x5C: buffer.writeStaticString("\\\\")
        case 0x0A: buffer.writeStaticString("\\n")
        case 0x0D: buffer.writeStaticString("\\r")
        case 0x09: buffer.writeStaticString("\\t")
        case 0..<0x20:
            buffer.writeStaticString("\\u00")
            for digit in [byte >> 4, byte & 15] {
                buffer.writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: buffer.writeInteger(byte)
        }
    }
}
