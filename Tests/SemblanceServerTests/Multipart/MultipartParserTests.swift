import SemblanceCore
import SemblanceServer
import Testing

/// Events with the body slices of a part joined, which is what every chunking must agree on.
struct ParsedPart: Hashable {
    var part: MultipartPart
    var body: [UInt8] = []
    var isEnded = false

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Feeds chunks to a parser and joins what comes out, checking that the events are in order.
func parse(_ chunks: [ArraySlice<UInt8>], boundary: String = "XYZ") throws -> [ParsedPart] {
    var parser = MultipartParser(boundary: try MultipartBoundary(boundary))
    var parts: [ParsedPart] = []
    var hasEnded = false
    for chunk in chunks {
        for event in try parser.receive(chunk) {
            #expect(!hasEnded, "nothing comes after the end")
            switch event {
            case .partBegan(let part):
                #expect(parts.last?.isEnded ?? true, "a part begins after the one before it has ended")
                parts.append(ParsedPart(part: part))
            case .body(let bytes):
                #expect(!bytes.isEmpty)
                #expect(parts.last?.isEnded == false, "a body lies within its part")
                parts[parts.count - 1].body += bytes
            case .partEnded:
                #expect(parts.last?.isEnded == false)
                parts[parts.count - 1].isEnded = true
            case .ended: hasEnded = true
            }
        }
    }
    try parser.finish()
    #expect(hasEnded)
    return parts
}

func parse(_ text: String) throws -> [ParsedPart] { try parse([Array(text.utf8)[...]]) }

private func field(_ headers: String, body: String = "x") -> String {
    "--XYZ\r\n\(headers)\r\n\r\n\(body)\r\n--XYZ--\r\n"
}

@Suite struct MultipartParserTests {
    @Test func readsFieldsAndFiles() throws {
        let parts = try parse(
            "--XYZ\r\nContent-Disposition: form-data; name=\"model_id\"\r\n\r\nlite0\r\n"
                + "--XYZ\r\nContent-Disposition: form-data; name=\"files\"; filename=\"cat.jpg\"\r\n"
                + "Content-Type: image/jpeg\r\n\r\n\u{1}\r\n--XY\r\n\r\n--XYZ--\r\n")
        #expect(
            parts.map(\.part) == [
                MultipartPart(name: "model_id"),
                MultipartPart(name: "files", filename: "cat.jpg", contentType: "image/jpeg"),
            ])
        #expect(parts.map(\.text) == ["lite0", "\u{1}\r\n--XY\r\n"])
    }

    @Test func ignoresPreambleEpilogueAndSpaceAfterTheBoundary() throws {
        let parts = try parse(
            "This is a form.\r\n--XY\r\n--XYZ \t \r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XYZ--"
                + " epilogue\r\n--XYZ\r\nwhatever")
        #expect(parts.map(\.text) == ["1"])
    }

    @Test func readsAnEmptyFormAndEmptyParts() throws {
        #expect(try parse("--XYZ--").isEmpty)
        let header = "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
        let parts = try parse("--XYZ\r\n\(header)\r\n--XYZ\r\n\(header)--XYZ--")
        #expect(parts.map(\.text) == ["", ""])
        #expect(parts.map(\.isEnded) == [true, true])
    }

    @Test func joinsFoldedHeaders() throws {
        let parts = try parse(field("content-disposition: form-data;\r\n\tname=\"a\";\r\n filename=\"b.png\""))
        #expect(parts.map(\.part) == [MultipartPart(name: "a", filename: "b.png")])
    }

    @Test(arguments: [
        ("name=\"a b\"", "a b"), ("name=ab", "ab"), ("name=\"a\\\"b\\\\c\"", "a\"b\\c"),
        ("name=\"a%22%0d%0Ab%20\"", "a\"\r\nb%20"),
        ("name=\"\"", ""), ("NAME = \"größe\"", "größe"), ("name=\"a;b=c\" ; x=y;", "a;b=c"), ("name=\"100%\"", "100%"),
    ])
    func readsNames(parameter: String, name: String) throws {
        #expect(try parse(field("Content-Disposition: form-data; \(parameter)")).map(\.part.name) == [name])
    }

    @Test(
        arguments: [
            ("filename=\"C:\\Bilder\\Ente.jpg\"", "C:\\Bilder\\Ente.jpg", "Ente.jpg"),
            ("filename=\"../../etc/passwd\"", "../../etc/passwd", "passwd"),
            ("filename=\"folder/..\"", "folder/..", nil), ("filename=\"\"", "", nil),
            ("filename=\"鴨 🦆.png\"", "鴨 🦆.png", "鴨 🦆.png"),
            ("filename=\"x.png\"; filename*=UTF-8''na%C3%AFve%20.png", "naïve .png", "naïve .png"),
            ("filename*=iso-8859-1'fr'caf%E9.jpg", "café.jpg", "café.jpg"),
            ("filename=\"plain.png\"; filename*=KOI8-R''%C1", "plain.png", "plain.png"),
            ("filename=\"plain.png\"; filename*=UTF-8''%FF", "plain.png", "plain.png"),
        ] as [(String, String, String?)])
    func readsFileNames(parameter: String, filename: String, fileName: String?) throws {
        let part = try #require(try parse(field("Content-Disposition: form-data; name=f; \(parameter)")).first?.part)
        #expect(part.filename == filename)
        #expect(part.fileName == fileName)
    }

    @Test func replacesBytesThatAreNotUTF8() throws {
        let text =
            Array("--XYZ\r\nContent-Disposition: form-data; name=f; filename=\"".utf8)
            + [0x61, 0xFF] + Array("\"\r\n\r\n\r\n--XYZ--".utf8)
        #expect(try parse([text[...]]).first?.part.filename == "a\u{FFFD}")
    }
}
