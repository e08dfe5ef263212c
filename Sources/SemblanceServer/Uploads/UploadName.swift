/// What a file of a form is called: text to show, never a path.
struct UploadName {
    /// UTF-8 bytes of a name: as many as a file system could hold.
    private static let maximumByteCount = 255
    /// UTF-8 bytes of a name with its folders.
    private static let maximumPathByteCount = 1000

    /// Without folders.
    let name: String
    /// With the folders that the client sent, the innermost ones if there are many; `nil` if there are none.
    let relativePath: String?

    init(_ part: MultipartPart) {
        let name = Self.cut(Self.cleaned(part.fileName ?? ""))
        guard !["", ".", ".."].contains(name) else {
            self.name = "unnamed"
            relativePath = nil
            return
        }
        var path = name
        for folder in Self.folders(of: part.filename ?? "").reversed() {
            guard path.utf8.count + folder.utf8.count < Self.maximumPathByteCount else { break }
            path = folder + "/" + path
        }
        self.name = name
        relativePath = path == name ? nil : path
    }

    /// What stands before the last component, without components that name nothing or lead upwards.
    private static func folders(of filename: String) -> [String] {
        filename.unicodeScalars.split { $0 == "/" || $0 == "\\" }.dropLast()
            .map { cleaned(String($0)) }.filter { !["", ".", ".."].contains($0) }
    }

    /// Without control characters.
    private static func cleaned(_ text: String) -> String {
        let scalars = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func cut(_ text: String) -> String {
        var text = text
        while text.utf8.count > maximumByteCount { text.removeLast() }
        return text
    }
}
