/// What a `MultipartParser` finds, in the order of the body.
///
/// Each part is one `partBegan`, any number of `body` (none for an empty part) and one `partEnded`.
package enum MultipartEvent: Hashable, Sendable {
    case partBegan(MultipartPart)
    /// The next bytes of the part; never empty. How a part is cut into slices depends on the chunks received.
    case body(ArraySlice<UInt8>)
    case partEnded
    /// The closing boundary; whatever follows it is ignored.
    case ended
}

/// The headers of a part of a form.
package struct MultipartPart: Hashable, Sendable {
    /// The form field's name; may be empty.
    package let name: String
    /// The file's name as the client sent it, folders included; `nil` for a field that is not a file, and empty
    /// for a file input that was left empty. Untrusted: never a path, and to be cleaned before it is shown.
    package let filename: String?
    /// The part's Content-Type as sent, without surrounding space.
    package let contentType: String?

    package init(name: String, filename: String? = nil, contentType: String? = nil) {
        self.name = name
        self.filename = filename
        self.contentType = contentType
    }

    /// The last component of `filename`, whichever slash the client's system uses. `nil` if the part is not a file
    /// or if nothing is left that names one (`""`, `..`, `folder/`).
    package var fileName: String? {
        guard let filename else { return nil }
        let scalars = filename.unicodeScalars
        let start = scalars.lastIndex { $0 == "/" || $0 == "\\" }.map { scalars.index(after: $0) }
        let last = String(filename[(start ?? scalars.startIndex)...])
        return ["", ".", ".."].contains(last) ? nil : last
    }
}
