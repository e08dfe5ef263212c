import Foundation
import SemblanceCore
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Data(text.utf8)) }

    private static let wellFormed: [(String, JSONValue)] = [
        ("null", JSONValue.null), (" true ", true), ("\n\tfalse\r", false), ("0", 0), ("-0", 0), ("-12", -12),
        ("1.5", 1.5),
        ("1e3", 1000), ("1E-2", 0.01), ("-2.5e+1", -25), ("123456789012345", 123_456_789_012_345), ("\"\"", ""),
        ("[]", []), ("{}", [:]), ("[1, [2], {\"a\": null}]", [1, [2], ["a": .null]]),
        ("{\"a\": {\"b\": [true]}, \"c\": \"d\"}", ["a": ["b": [true]], "c": "d"]),
        (#""\"\\\/\b\f\n\r\t\u0041\u00e9\u65E5\ud83d\ude00\u0000""#, "\"\\/\u{8}\u{c}\n\r\tAé日😀\0"),
        ("\"é日😀\"", "é日😀"), ("{\"a\": 1, \"a\": 2}", ["a": 2]),
    ]

    @Test(arguments: wellFormed)
    func readsWellFormedText(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulls", "tru", "True", "+1", ".5", "1.", "01", "-", "--1", "1e", "1e+", "0x10", "NaN",
        "Infinity", "1e999",
        "-1e999", "'a'", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"", "\"a\nb\"", "\"\u{0}\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]", "{", "{\"a\"",
        "{\"a\":", "{\"a\":1",
        "{\"a\":1,}", "{a:1}", "{1:2}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "1 2", "[]]", "{}x", "// c\n1", "\u{FEFF}1",
        "\"\\u\u{FF11}234\"",
    ])
    func refusesMalformedText(text: String) {
        #expect { try parse(text) } throws: { ($0 as? RequestError)?.code == .invalidJSON }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xFF, 0xFE, 0x31, 0],
        ] {
            #expect(throws: RequestError.self) { try JSONValue(parsing: bytes) }
        }
    }

    @Test func saysWhereTheFaultIs() {
        #expect { try parse("{\"a\": 1, b}") } throws: { ($0 as? RequestError)?.message.contains("byte 9") ?? false }
    }

    @Test func refusesWhatIsNestedTooDeeply() throws {
        let nested = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        _ = try parse(nested(128))
        for count in [129, 100_000] {
            #expect(throws: RequestError.self) { try parse(nested(count)) }
            #expect(throws: RequestError.self) { try parse(String(repeating: "{\"a\":", count: count)) }
        }
    }

    /// What was written is read back, bit by bit.
    @Test func textAndValueAreEachOthersInverse() throws {
        var state: UInt64 = 1
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Double(bitPattern: state)
            guard number.isFinite else { continue }
            let value: JSONValue = [
                "n": .number(number), "whole": .number(number.rounded()), "s": "\0\u{1F}\"\\/é\u{2028}",
            ]
            #expect(try parse(value.text) == value)
        }
    }

    @Test func textIsTheSameForEqualValues() {
        let pairs = (0..<20).map { ("key \($0)", JSONValue.number(Double($0))) }
        let forwards = JSONValue.object(Dictionary(uniqueKeysWithValues: pairs))
        let backwards = JSONValue.object(Dictionary(uniqueKeysWithValues: pairs.reversed()))
        #expect(forwards.text == backwards.text)
        #expect(JSONValue.number(3).text == "3")
        #expect(JSONValue.array([.number(-0.0), 2.5, .string("a/b")]).text == "[0,2.5,\"a/b\"]")
    }

    @Test func readsDataInSeveralRegions() throws {
        var data = DispatchData.empty
        for part in ["{\"a\":", " [1, 2", "]}"] {
            Array(part.utf8).withUnsafeBytes { data.append($0) }
        }
        #expect(try JSONValue(parsing: data) == ["a": [1, 2]])
    }

    @Test func codableAgreesWithParsing() throws {
        let value: JSONValue = ["a": [1, 2.5, "x", true, .null], "b": ["c": [:]]]
        let decoded = try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(value))
        #expect(decoded == value)
    }
}
