import SemblanceCore

/// A header such as `form-data; name="files"; filename="cat.jpg"`: a value and its parameters.
///
/// Quoted strings are read as browsers and curl write them, which is not quite RFC 9110: a backslash quotes only
/// `"` and `\`, and stands for itself before anything else, since browsers send `C:\cat.jpg` as it is.
struct HeaderValue: Hashable {
    /// In lower case.
    let value: String
    /// Names in lower case.
    private(set) var parameters: [String: String] = [:]

    subscript(name: String) -> String? { parameters[name] }

    /// - Throws: `invalid-multipart` naming the header.
    init(parsing bytes: [UInt8], named header: String) throws(RequestError) {
        var scanner = Scanner(bytes: bytes, header: header)
        value = Self.text(scanner.token(until: [UInt8(ascii: ";")])).lowercased()
        while scanner.skip(UInt8(ascii: ";")) {
            scanner.skipSpace()
            if scanner.isAtEnd { break }
            let (name, parameter) = try scanner.parameter()
            guard parameters.updateValue(parameter, forKey: name) == nil else {
                throw scanner.error("names the parameter '\(name.clipped(to: 40))' twice")
            }
        }
        guard scanner.isAtEnd else { throw scanner.error("has text after a quoted value") }
    }

    /// UTF-8, as all browsers send it; bytes that are not become U+FFFD.
    fileprivate static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

private struct Scanner {
    let bytes: [UInt8]
    let header: String
    var position = 0

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? { isAtEnd ? nil : bytes[position] }

    func error(_ fault: String) -> RequestError {
        RequestError(.invalidMultipart, "The \(header) header \(fault).")
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 { position += 1 }
    }

    /// Bytes up to any of `ends`, without the space around them.
    mutating func token(until ends: [UInt8]) -> ArraySlice<UInt8> {
        skipSpace()
        let start = position
        while let byte = next, !ends.contains(byte) { position += 1 }
        var end = position
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return bytes[start..<end]
    }

    mutating func parameter() throws(RequestError) -> (String, String) {
        let name = HeaderValue.text(token(until: [UInt8(ascii: "="), UInt8(ascii: ";")])).lowercased()
        guard !name.isEmpty, skip(UInt8(ascii: "=")) else {
            throw error("has a parameter without a value; expected name=\"value\"")
        }
        skipSpace()
        guard skip(UInt8(ascii: "\"")) else { return (name, HeaderValue.text(token(until: [UInt8(ascii: ";")]))) }
        let value = try quotedString()
        skipSpace()
        return (name, HeaderValue.text(value))
    }

    /// The rest of a quoted string, its closing quote included.
    mutating func quotedString() throws(RequestError) -> [UInt8] {
        var value: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: "\"") { return value }
            if byte == UInt8(ascii: "\\"), let quoted = next,
                quoted == UInt8(ascii: "\"") || quoted == UInt8(ascii: "\\")
            {
                position += 1
                value.append(quoted)
            } else {
                value.append(byte)
            }
        }
        throw error("has a quoted value without its closing quote")
    }
}

extension String {
    /// For error messages: at most this many characters, the last an ellipsis.
    func clipped(to count: Int) -> String {
        self.count > count ? prefix(count - 1) + "…" : self
    }
}
