import SemblanceCore

/// Collects the header lines of one part, within limits, and makes a `MultipartPart` of them.
struct PartHeaders {
    /// Bytes of all header lines of a part.
    static let maximumByteCount = 8192
    /// Header lines of a part.
    static let maximumLineCount = 64

    private var line: [UInt8] = []
    private var lines: [[UInt8]] = []
    private var byteCount = 0

    /// Adds bytes of the current line, up to and including its line feed if `endsLine`.
    /// - Returns: `true` after the empty line that ends the headers.
    /// - Throws: `invalid-multipart` past a limit or for a byte that a header cannot hold.
    mutating func append(_ bytes: ArraySlice<UInt8>, endsLine: Bool) throws(RequestError) -> Bool {
        byteCount += bytes.count
        guard byteCount <= Self.maximumByteCount else {
            throw Self.error("has more than \(Self.maximumByteCount) bytes of headers")
        }
        line += bytes
        return endsLine ? try endLine() : false
    }

    private mutating func endLine() throws(RequestError) -> Bool {
        guard line.suffix(2) == [0x0D, 0x0A] else {
            throw Self.error("has a header line that ends in LF; expected CRLF")
        }
        line.removeLast(2)
        if line.isEmpty { return true }
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw Self.error("has a control character in a header")
        }
        guard lines.count < Self.maximumLineCount else {
            throw Self.error("has more than \(Self.maximumLineCount) headers")
        }
        try keepLine()
        line.removeAll(keepingCapacity: true)
        return false
    }

    /// A line that begins with space goes on with the one before it (RFC 5322, section 2.2.3).
    private mutating func keepLine() throws(RequestError) {
        guard line[0] == 0x20 || line[0] == 0x09 else { return lines.append(line) }
        guard !lines.isEmpty else { throw Self.error("has a first header line that begins with space") }
        lines[lines.count - 1] += line
    }

    /// - Throws: `invalid-multipart` for a malformed header, a missing Content-Disposition, or a transfer encoding.
    func part() throws(RequestError) -> MultipartPart {
        let fields = try fields()
        guard let disposition = fields["content-disposition"] else {
            throw Self.error("has no Content-Disposition header; expected form-data; name=\"…\"")
        }
        let encoding = fields["content-transfer-encoding"].map { String(decoding: $0, as: UTF8.self).lowercased() }
        guard ["binary", "8bit", "7bit", nil].contains(encoding) else {
            throw Self.error("has a Content-Transfer-Encoding; expected the plain bytes (binary)")
        }
        let form = try FormDataDisposition(parsing: disposition)
        let contentType = fields["content-type"].map { String(decoding: $0, as: UTF8.self) }
        return MultipartPart(name: form.name, filename: form.filename, contentType: contentType)
    }

    /// Values by lower-case name; of two headers with one name the last counts, save that Content-Disposition is one.
    private func fields() throws(RequestError) -> [String: [UInt8]] {
        var fields: [String: [UInt8]] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
                throw Self.error("has a header line without a name; expected 'Name: value'")
            }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            let isRepeated = fields.updateValue(Self.trimmed(line[(colon + 1)...]), forKey: name) != nil
            guard !isRepeated || name != "content-disposition" else {
                throw Self.error("has two Content-Disposition headers")
            }
        }
        return fields
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let start = bytes.firstIndex { !isSpace($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
        return Array(bytes[start..<end])
    }

    private static func error(_ fault: String) -> RequestError {
        RequestError(.invalidMultipart, "A part of the multipart body \(fault).")
    }
}
