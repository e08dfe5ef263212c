import SemblanceCore
import SemblanceServer
import Testing

@Suite struct MultipartErrorTests {
    private func expectError(containing text: String, _ body: () throws -> Void) {
        let error = #expect(throws: RequestError.self) { try body() }
        #expect(error?.code == .invalidMultipart)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "no message")")
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;charset=utf-8; Boundary=\"a b:c\"", "a b:c"),
        ("multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk", "----WebKitFormBoundary7MA4YWxk"),
        ("multipart/form-data; boundary===x==", "==x=="),
        ("multipart/form-data; boundary=" + String(repeating: "x", count: 70), String(repeating: "x", count: 70)),
    ])
    func readsBoundaries(contentType: String, boundary: String) throws {
        #expect(try MultipartBoundary(contentType: contentType).text == boundary)
    }

    @Test(
        arguments: [
            (nil, "not none"), ("application/json", "not 'application/json'"),
            ("multipart/mixed; boundary=a", "not 'multipart/mixed'"),
            ("multipart/form-data", "no boundary"), ("multipart/form-data; boundary=", "1 to 70"),
            ("multipart/form-data; boundary=\"a ", "closing quote"),
            ("multipart/form-data; boundary=\"a \"", "1 to 70"),
            ("multipart/form-data; boundary=ä", "1 to 70"), ("multipart/form-data; boundary=a\r\nb", "1 to 70"),
            ("multipart/form-data; boundary=a; boundary=b", "twice"),
            ("multipart/form-data; boundary=" + String(repeating: "x", count: 71), "1 to 70"), ("", "not ''"),
        ] as [(String?, String)])
    func refusesContentTypes(contentType: String?, reason: String) {
        expectError(containing: reason) { _ = try MultipartParser(contentType: contentType) }
    }

    @Test(arguments: [
        ("", "does not occur"), ("no boundary at all", "does not occur"), ("--XY", "does not occur"),
        ("--XYZ", "without the closing boundary"), ("--XYZ-", "without the closing boundary"),
        ("--XYZ\r\nContent-Disp", "within a part's headers"),
        ("--XYZ\r\nContent-Disposition: form-data; name=files\r\n\r\nnever ending", "within the part 'files'"),
        ("--XYZ\r\nContent-Disposition: form-data; name=files\r\n\r\nx\r\n--XYZ", "without the closing boundary"),
    ])
    func saysWhereABodyEndedEarly(body: String, reason: String) {
        expectError(containing: reason) { _ = try parse(body) }
    }

    @Test(arguments: [
        ("Content-Type: text/plain", "no Content-Disposition"), ("Content-Disposition: form-data", "no name"),
        ("Content-Disposition: attachment; name=a", "not 'attachment'"),
        ("Content-Disposition: form-data; name=\"a", "closing quote"),
        ("Content-Disposition: form-data; name", "without a value"),
        ("Content-Disposition: form-data; name=a; name=b", "twice"),
        ("Content-Disposition: form-data; name=\"a\"b", "after a quoted value"), ("nonsense", "without a name"),
        (": empty", "without a name"), (" folded: first", "begins with space"),
        ("Content-Disposition: form-data; name=a\nX: y", "ends in LF"), ("X: \u{0}", "control character"),
        ("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "two Content-Disposition"),
        ("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "Content-Transfer-Encoding"),
        ("Content-Disposition: form-data; name=a; filename*=nonsense", "RFC 5987"),
        ("X: " + String(repeating: "y", count: 9000), "more than 8192 bytes"),
        (Array(repeating: "X: y", count: 65).joined(separator: "\r\n"), "more than 64 headers"),
    ])
    func refusesHeaders(headers: String, reason: String) {
        expectError(containing: reason) { _ = try parse("--XYZ\r\n\(headers)\r\n\r\nx\r\n--XYZ--\r\n") }
    }

    @Test func refusesABoundaryThatIsPartOfALongerLine() {
        expectError(containing: "after the boundary") {
            _ = try parse("--XYZ\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XYZZY\r\n--XYZ--")
        }
        expectError(containing: "after the boundary") { _ = try parse("--XYZ-x") }
    }

    @Test func staysRefusedAfterAnError() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary("XYZ"))
        expectError(containing: "without a name") { _ = try parser.receive(Array("--XYZ\r\nx\r\n\r\n".utf8)[...]) }
        expectError(containing: "refused already") { _ = try parser.receive([0x2D]) }
        expectError(containing: "refused already") { try parser.finish() }
    }

    /// Before the first boundary, after a boundary, and after the last.
    @Test(arguments: ["", "--XYZ ", "--XYZ--"])
    func boundsWhatIsIgnored(start: String) throws {
        var parser = MultipartParser(boundary: try MultipartBoundary("XYZ"))
        _ = try parser.receive(Array(start.utf8)[...])
        let spaces = [UInt8](repeating: 0x20, count: 65_536 - (start.hasSuffix(" ") ? 1 : 0))
        #expect(try parser.receive(spaces[...]).isEmpty)
        expectError(containing: "more than 65536 bytes") { _ = try parser.receive([0x20]) }
    }

    /// A client that never ends a header line is refused at the limit, not when memory runs out.
    @Test func boundsHeadersThatNeverEnd() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary("XYZ"))
        _ = try parser.receive(Array("--XYZ\r\n".utf8)[...])
        for _ in 0..<8192 { #expect(try parser.receive([0x61]).isEmpty) }
        expectError(containing: "more than 8192 bytes") { _ = try parser.receive([0x61]) }
    }
}
