import Foundation
import SemblanceCore
import Testing

@Suite struct JSONWriterTests {
    private func text(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.text
    }

    @Test(arguments: [
        "{\"a\":[1,2.5,null,true,\"x\"],\"b\":{}}", "[]", "\"\"", "-0.001", "[[],[[]],{\"\":\"\"}]",
        "\"\\\"\\\\\\n\\t\\r\\u0000\\u001f é 😀\"", "[9007199254740991,1e-7,1.7976931348623157e+308]",
    ])
    func writesWhatReadsBackTheSame(json: String) throws {
        let value = try JSONValue(parsing: Data(json.utf8))
        #expect(try JSONValue(parsing: Data(text(value).utf8)) == value)
    }

    @Test func writesWhatCannotBeANumberAsNull() {
        #expect(text([.number(.infinity), .number(.nan)]) == "[null,null]")
    }

    @Test func escapesControlCharacters() {
        #expect(text("\u{1}\u{1F}\u{7F}") == "\"\\u0001\\u001f\u{7F}\"")
    }
}
