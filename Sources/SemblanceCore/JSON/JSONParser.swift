/// Reads JSON text (RFC 8259) strictly and in one pass: metadata of every search result comes through here, and
/// Foundation's decoder takes a hundred times as long for values of unknown shape.
struct JSONParser {
    /// Lists and objects nested deeper than this are refused: the text may be hostile, and a thread's stack is finite.
    static let maximumDepth = 128

    /// What is wrong, and where.
    struct Failure: Error, Hashable {
        /// Bytes before the fault.
        let offset: Int
        let expectation: String
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// Reads exactly one value, with white space around it.
    /// - Throws: `Failure`.
    static func parse(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.failure("the end") }
        return value
    }

    /// Reads exactly one list; each value comes with the number of bytes before it.
    /// - Throws: `Failure`.
    static func parseList(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> [(offset: Int, value: JSONValue)] {
        var parser = JSONParser(bytes: bytes)
        guard parser.accept("[") else { throw parser.failure("a list") }
        var values: [(offset: Int, value: JSONValue)] = []
        if !parser.accept("]") {
            repeat {
                parser.skipSpace()
                values.append((parser.position, try parser.value(depth: 1)))
            } while parser.accept(",")
            guard parser.accept("]") else { throw parser.failure("',' or ']'") }
        }
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.failure("the end") }
        return values
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private func failure(_ expectation: String) -> Failure {
        Failure(offset: position, expectation: expectation)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Goes past a byte if it is the next one after white space.
    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
        let count = text.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: count)
        guard bytes[position...].prefix(count).elementsEqual(expected) else { throw failure("a value") }
        position += count
        return value
    }

    private mutating func enter(_ depth: Int) throws(Failure) {
        guard depth < Self.maximumDepth else { throw failure("at most \(Self.maximumDepth) levels") }
        position += 1
    }

    private mutating func array(depth: Int) throws(Failure) -> [JSONValue] {
        try enter(depth)
        var values: [JSONValue] = []
        if accept("]") { return values }
        repeat { values.append(try value(depth: depth + 1)) } while accept(",")
        guard accept("]") else { throw failure("',' or ']'") }
        return values
    }

    /// Of members with one name the last counts.
    private mutating func object(depth: Int) throws(Failure) -> [String: JSONValue] {
        try enter(depth)
        var members: [String: JSONValue] = [:]
        if accept("}") { return members }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a name in double quotes") }
            let name = try string()
            guard accept(":") else { throw failure("':'") }
            members[name] = try value(depth: depth + 1)
        } while accept(",")
        guard accept("}") else { throw failure("',' or '}'") }
        return members
    }
}

// MARK: Numbers

extension JSONParser {
    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`, as the nearest Double.
    private mutating func number() throws(Failure) -> Double {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        try digits()
        if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 {
            position = firstDigit + 1
            throw failure("no digit after a leading zero")
        }
        let isWhole = try !fraction()
        if isWhole, position - firstDigit <= 15 { return whole(from: firstDigit, isNegative: start < firstDigit) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw failure("a number that a Double can hold") }
        return value
    }

    /// Digits after the point and the exponent; returns whether there are any.
    private mutating func fraction() throws(Failure) -> Bool {
        var isPresent = false
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
            isPresent = true
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
            isPresent = true
        }
        return isPresent
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw failure(start == 0 || bytes.isEmpty ? "a value" : "a value or a digit") }
    }

    /// At most fifteen digits are exact in a Double.
    private func whole(from start: Int, isNegative: Bool) -> Double {
        var value: Int64 = 0
        for byte in bytes[start..<position] { value = value * 10 + Int64(byte - UInt8(ascii: "0")) }
        return Double(isNegative ? -value : value)
    }
}

// MARK: Strings

extension JSONParser {
    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try validated(bytes[start..<position])
                position += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw failure("an escaped control character")
            default: position += 1
            }
        }
        throw failure("a closing double quote")
    }

    private func validated(_ text: some Sequence<UInt8>) throws(Failure) -> String {
        guard let text = String(validating: text, as: UTF8.self) else { throw failure("UTF-8") }
        return text
    }

    private mutating func escapedString(from start: Int) throws(Failure) -> String {
        var text = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try validated(text)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw failure("an escaped control character")
            default: text.append(byte)
            }
        }
        throw failure("a closing double quote")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        guard let byte = current else { throw failure("an escaped character") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += String(Character(try escapedScalar())).utf8
        default: throw failure("one of the escapes of JSON")
        }
    }

    /// After `\u`: one scalar, or the two halves of one.
    private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure("the second half of a surrogate pair") }
        position += 2
        let second = try fourDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + UInt32(second) - 0xDC00)
        else { throw failure("the second half of a surrogate pair") }
        return scalar
    }

    private mutating func fourDigits() throws(Failure) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
