/// An answer of the server, copied out of the library's memory.
package enum RedisReply: Hashable, Sendable {
    case null
    case integer(Int64)
    case bytes([UInt8])
    case status(String)
    case array([RedisReply])
    /// What the server refuses; its first word is a code of the protocol.
    case failure(RedisFailure)

    /// The text of a string or status.
    package var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        case .null, .integer, .array, .failure: nil
        }
    }

    /// A number, whether it came as one or as text.
    package var integer: Int? {
        switch self {
        case .integer(let value): Int(value)
        case .bytes, .status: text.flatMap { Int($0) }
        case .null, .array, .failure: nil
        }
    }

    /// The elements; none if it is no array.
    package var items: [RedisReply] {
        if case .array(let items) = self { items } else { [] }
    }

    package subscript(index: Int) -> RedisReply {
        let items = self.items
        return items.indices.contains(index) ? items[index] : .null
    }
}

/// An error that the server answered.
package struct RedisFailure: Error, Hashable, Sendable {
    /// The protocol's code: `NOGROUP`, `NOAUTH`, `OOM`…
    package let code: String
    /// The server's own words, for the log.
    package let text: String

    package init(text: String) {
        self.init(code: String(text.prefix { !$0.isWhitespace }), text: text)
    }

    package init(code: String, text: String) {
        self.code = code
        self.text = text
    }
}
