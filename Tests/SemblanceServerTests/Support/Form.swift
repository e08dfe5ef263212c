import SemblanceTesting

/// A multipart form to send.
struct Form {
    static let boundary = "----a-boundary-of-tests"
    private(set) var bytes: [UInt8] = []
    var isEnded = true

    var contentType: String { "multipart/form-data; boundary=\(Self.boundary)" }

    init(_ parts: [Part] = []) {
        for part in parts { append(part) }
        end()
    }

    /// The parts alone, as when a connection breaks.
    static func unended(_ parts: [Part]) -> Form {
        var form = Form()
        form.bytes = []
        for part in parts { form.append(part) }
        return form
    }

    struct Part {
        let name: String
        var fileName: String?
        let bytes: [UInt8]

        static func file(_ name: String, _ fileName: String, _ bytes: [UInt8]) -> Part {
            Part(name: name, fileName: fileName, bytes: bytes)
        }

        static func field(_ name: String, _ text: String) -> Part {
            Part(name: name, bytes: Array(text.utf8))
        }
    }

    /// Pictures `0.png`, `1.png`, … in the field `files`.
    static func pictures(_ numbers: Range<Int>, fields: [Part] = []) -> Form {
        Form(numbers.map { .file("files", "\($0).png", SmallImage.numbered($0)) } + fields)
    }

    private mutating func append(_ part: Part) {
        var header = "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\""
        if let fileName = part.fileName { header += "; filename=\"\(fileName)\"\r\nContent-Type: image/png" }
        bytes += Array((header + "\r\n\r\n").utf8) + part.bytes + [13, 10]
    }

    private mutating func end() {
        bytes += Array("--\(Self.boundary)--\r\n".utf8)
    }
}
