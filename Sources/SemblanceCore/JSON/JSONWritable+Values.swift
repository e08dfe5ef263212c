import Foundation

extension String: JSONWritable {
    package func write(to writer: inout JSONWriter) { writer.string(self) }
}

extension Bool: JSONWritable {
    package func write(to writer: inout JSONWriter) { writer.raw(self ? "true" : "false") }
}

extension Int: JSONWritable {
    package func write(to writer: inout JSONWriter) { writer.raw(String(self)) }
}

extension Int64: JSONWritable {
    package func write(to writer: inout JSONWriter) { writer.raw(String(self)) }
}

extension Double: JSONWritable {
    /// The shortest text that reads back as the same number; JSON has no infinities.
    package func write(to writer: inout JSONWriter) {
        if let whole = Int64(exactly: self) { return writer.raw(String(whole)) }
        writer.raw(isFinite ? description : "null")
    }
}

extension Float: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        if let whole = Int64(exactly: self) { return writer.raw(String(whole)) }
        writer.raw(isFinite ? description : "null")
    }
}

extension Date: JSONWritable {
    /// ISO 8601 in UTC with milliseconds.
    package func write(to writer: inout JSONWriter) {
        writer.string(formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        if let value = self { value.write(to: &writer) } else { writer.raw("null") }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.array(self) { $0.write(to: &$1) }
    }
}

extension JSONValue: JSONWritable {
    /// Members by name, so that equal values have equal text.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.raw("null")
        case .bool(let value): value.write(to: &writer)
        case .number(let value): value.write(to: &writer)
        case .string(let value): value.write(to: &writer)
        case .array(let values): values.write(to: &writer)
        case .object(let members):
            writer.object { writer in
                for (name, value) in members.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
            }
        }
    }
}
