import SemblanceCore

/// The line that separates the parts of a multipart body (RFC 2046, section 5.1.1).
package struct MultipartBoundary: Hashable, Sendable {
    /// 1 to 70 characters: letters, digits, spaces (but not the last) and `'()+_,-./:=?`.
    package let text: String

    /// CRLF, two hyphens and the boundary: what separates a part's bytes from what follows.
    ///
    /// A carriage return stands at its start and nowhere else; the parser's search relies on it.
    let delimiter: [UInt8]

    /// - Throws: `invalid-multipart` for a boundary that RFC 2046 does not allow.
    package init(_ text: String) throws(RequestError) {
        guard (1...70).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed), text.utf8.last != 0x20 else {
            throw RequestError(
                .invalidMultipart,
                "Expected a multipart boundary of 1 to 70 letters, digits or '()+_,-./:=? in the Content-Type header.")
        }
        self.text = text
        self.delimiter = [0x0D, 0x0A, 0x2D, 0x2D] + Array(text.utf8)
    }

    /// Reads the boundary out of a request's Content-Type header.
    /// - Throws: `invalid-multipart` if the header is missing, is not `multipart/form-data` or has no valid boundary.
    package init(contentType: String?) throws(RequestError) {
        guard let contentType else {
            throw RequestError(
                .invalidMultipart, "Expected the header Content-Type: multipart/form-data; boundary=…, not none.")
        }
        let header = try HeaderValue(parsing: Array(contentType.utf8), named: "Content-Type")
        guard header.value == "multipart/form-data" else {
            throw RequestError(
                .invalidMultipart,
                "Expected Content-Type multipart/form-data, not '\(header.value.clipped(to: 60))'.")
        }
        guard let boundary = header["boundary"] else {
            throw RequestError(.invalidMultipart, "The Content-Type header has no boundary parameter.")
        }
        try self.init(boundary)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }
}
