import SemblanceCore

/// What a part's Content-Disposition says: the field's name and the file's (RFC 7578, section 4.2).
struct FormDataDisposition: Hashable {
    let name: String
    let filename: String?

    /// - Throws: `invalid-multipart` if it is not `form-data` with a name.
    init(parsing bytes: [UInt8]) throws(RequestError) {
        let header = try HeaderValue(parsing: bytes, named: "Content-Disposition")
        guard header.value == "form-data" else {
            throw RequestError(
                .invalidMultipart,
                "Expected Content-Disposition form-data in each part, not '\(header.value.clipped(to: 60))'.")
        }
        guard let name = header["name"] else {
            throw RequestError(
                .invalidMultipart, "A part has no name; expected Content-Disposition: form-data; name=\"…\".")
        }
        self.name = Self.unescape(name)
        self.filename = try Self.filename(header)
    }

    /// `filename*` wins when it can be read: a client sends it for names that `filename` cannot spell.
    private static func filename(_ header: HeaderValue) throws(RequestError) -> String? {
        guard let extended = header["filename*"] else { return header["filename"].map(unescape) }
        if let decoded = ExtendedValue.decode(extended) { return decoded }
        guard let plain = header["filename"] else {
            throw RequestError(
                .invalidMultipart,
                "Expected filename*=UTF-8''… with percent escapes (RFC 5987), not '\(extended.clipped(to: 60))'.")
        }
        return unescape(plain)
    }

    /// Undoes the three escapes that browsers make in names (HTML standard, "multipart/form-data encoding
    /// algorithm"): a quote, a carriage return and a line feed. Every other `%` stands for itself.
    private static func unescape(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if let escaped = browserEscape(bytes[position...].prefix(3)) {
                result.append(escaped)
                position += 3
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func browserEscape(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        guard bytes.first == UInt8(ascii: "%"), let byte = ExtendedValue.hexadecimal(bytes.dropFirst()) else {
            return nil
        }
        return [0x22, 0x0D, 0x0A].contains(byte) ? byte : nil
    }
}

/// A parameter's value with its character set: `UTF-8'en'na%C3%AFve.jpg` (RFC 5987).
enum ExtendedValue {
    /// `nil` unless the text is well formed and its character set UTF-8 or ISO-8859-1, the two that RFC 5987 requires.
    static func decode(_ text: String) -> String? {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = unescape(parts[2]) else { return nil }
        switch parts[0].lowercased() {
        case "utf-8": return String(validating: bytes, as: UTF8.self)
        case "iso-8859-1": return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: return nil
        }
    }

    private static func unescape(_ text: Substring) -> [UInt8]? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] != UInt8(ascii: "%") {
                result.append(bytes[position])
                position += 1
            } else if let byte = hexadecimal(bytes[(position + 1)...].prefix(2)) {
                result.append(byte)
                position += 3
            } else {
                return nil
            }
        }
        return result
    }

    /// The value of exactly two hexadecimal digits.
    static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        let values = digits.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2, values.count == 2 else { return nil }
        return UInt8(values[0] << 4 | values[1])
    }
}
