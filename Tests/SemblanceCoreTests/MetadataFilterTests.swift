import Foundation
import SemblanceCore
import Testing

@Suite struct MetadataFilterMatchingTests {
    private static let metadata: JSONValue = [
        "category": "chair", "price": 20, "isNew": true, "nothing": .null, "tags": ["a", "b"],
        "size": ["width": 10, "unit": "cm"],
        "a.b": 1, "café": "noir",
    ]

    private static let cases: [(MetadataFilter, Bool)] = [
        (.compare(path: ["category"], .equal, "chair"), true), (.compare(path: ["category"], .equal, "Chair"), false),
        (.compare(path: ["category"], .less, "chaise"), true),
        (.compare(path: ["category"], .greater, "chaise"), false),
        (.compare(path: ["price"], .equal, 20), true), (.compare(path: ["price"], .less, 20), false),
        (.compare(path: ["price"], .lessOrEqual, 20), true), (.compare(path: ["price"], .greaterOrEqual, 20.5), false),
        (.compare(path: ["price"], .greater, "1"), false), (.compare(path: ["price"], .equal, "20"), false),
        (.compare(path: ["isNew"], .equal, true), true), (.compare(path: ["isNew"], .equal, 1), false),
        (.compare(path: ["isNew"], .greaterOrEqual, true), false), (.compare(path: ["nothing"], .equal, .null), true),
        (.compare(path: ["missing"], .equal, .null), false), (.compare(path: ["missing"], .notEqual, 1), true),
        (.compare(path: ["price"], .notEqual, 21), true), (.compare(path: ["price"], .notEqual, 20), false),
        (.compare(path: ["tags"], .equal, ["a", "b"]), true), (.compare(path: ["tags"], .equal, ["b", "a"]), false),
        (.compare(path: ["tags"], .equal, "a"), false), (.compare(path: ["size", "width"], .greater, 9), true),
        (.compare(path: ["size"], .equal, ["unit": "cm", "width": 10]), true),
        (.compare(path: ["a", "b"], .equal, 1), false),
        (.compare(path: ["category", "x"], .equal, 1), false), (.compare(path: ["cafe\u{301}"], .equal, "noir"), true),
        (.isIn(path: ["price"], [1, 20]), true), (.isIn(path: ["price"], []), false),
        (.isIn(path: ["missing"], [.null]), false),
        (.exists(path: ["nothing"], true), true), (.exists(path: ["missing"], true), false),
        (.exists(path: ["missing"], false), true),
        (.and([]), true), (.or([]), false), (.not(.compare(path: ["missing"], .less, 1)), true),
        (.and([.exists(path: ["price"], true), .exists(path: ["missing"], true)]), false),
        (.or([.exists(path: ["price"], true), .exists(path: ["missing"], true)]), true),
    ]

    @Test(arguments: cases)
    func matches(filter: MetadataFilter, expected: Bool) {
        #expect(filter.matches(Self.metadata) == expected)
    }

    @Test func metadataThatIsNoObjectHasNoMembers() {
        #expect(!MetadataFilter.exists(path: ["a"], true).matches(.array([1])))
        #expect(MetadataFilter.compare(path: ["a"], .notEqual, 1).matches(.null))
    }

    /// What is equal is neither less nor greater, composed or not.
    @Test(arguments: ["é", "Å", "각", "ﬁ", "a\u{301}\u{327}"])
    func stringsThatAreEqualDoNotDifferInOrder(text: String) {
        let decomposed = text.decomposedStringWithCanonicalMapping
        for comparison in MetadataFilter.Comparison.allCases {
            let holds = MetadataFilter.compare(path: ["a"], comparison, .string(decomposed)).matches([
                "a": .string(text)
            ])
            #expect(holds == [.equal, .lessOrEqual, .greaterOrEqual].contains(comparison))
        }
    }

    @Test func orderOfStringsIsThatOfTheirBytes() {
        let ordered = ["", "\0", "A", "Z", "a", "ab", "b", "é", "日", "\u{FFFD}", "\u{1F600}"]
        for (left, right) in zip(ordered, ordered.dropFirst()) {
            #expect(MetadataFilter.compare(path: ["a"], .less, .string(right)).matches(["a": .string(left)]))
        }
    }
}

@Suite struct MetadataFilterParsingTests {
    private static let texts: [(String, MetadataFilter)] = [
        ("category=chair", .compare(path: ["category"], .equal, "chair")),
        (" price < 20 ", .compare(path: ["price"], .less, 20)), ("a<=1", .compare(path: ["a"], .lessOrEqual, 1)),
        ("a>=-1.5", .compare(path: ["a"], .greaterOrEqual, -1.5)), ("a>b", .compare(path: ["a"], .greater, "b")),
        ("a!=true", .compare(path: ["a"], .notEqual, true)), ("a=null", .compare(path: ["a"], .equal, .null)),
        ("code=\"007\"", .compare(path: ["code"], .equal, "007")), ("code=007", .compare(path: ["code"], .equal, 7)),
        ("a=", .compare(path: ["a"], .equal, "")), ("size.width=3", .compare(path: ["size", "width"], .equal, 3)),
        ("a=x=y", .compare(path: ["a"], .equal, "x=y")), ("a=\"b, c\"", .compare(path: ["a"], .equal, "b, c")),
        ("a=1,b=2", .and([.compare(path: ["a"], .equal, 1), .compare(path: ["b"], .equal, 2)])),
        ("a=inf", .compare(path: ["a"], .equal, "inf")), ("a=nan", .compare(path: ["a"], .equal, "nan")),
        (#"{"a": 1}"#, .compare(path: ["a"], .equal, 1)), (#"{"a.b": "x"}"#, .compare(path: ["a", "b"], .equal, "x")),
        (
            #"{"a": {"$lt": 2, "$gte": 1}}"#,
            .and([.compare(path: ["a"], .greaterOrEqual, 1), .compare(path: ["a"], .less, 2)])
        ),
        (#"{"a": {"$in": [1, "b"]}}"#, .isIn(path: ["a"], [1, "b"])),
        (#"{"a": {"$exists": false}}"#, .exists(path: ["a"], false)),
        (#"{"$or": [{"a": 1}, {"b": 2}]}"#, .or([.compare(path: ["a"], .equal, 1), .compare(path: ["b"], .equal, 2)])),
        (#"{"$not": {"a": null}}"#, .not(.compare(path: ["a"], .equal, .null))), ("{}", .and([])),
    ]

    @Test(arguments: texts)
    func reads(text: String, expected: MetadataFilter) throws {
        #expect(try MetadataFilter(text: text) == expected)
    }

    @Test(arguments: [
        "", "category", "=1", "a..b=1", ".a=1", "a.=1", "a=1,", ",", "a=\"b", "{", "{\"a\": }", "{\"a\": {}}",
        "{\"$where\": \"1\"}",
        "{\"a\": {\"$regex\": \".*\"}}", "{\"a\": {\"b\": 1}}", "{\"a\": {\"$in\": 1}}", "{\"a\": {\"$exists\": 1}}",
        "{\"$and\": []}",
        "{\"$or\": {}}", "{\"$and\": [1]}", "{\"$not\": []}", "{\"\": 1}", "{\"a.\": 1}",
    ])
    func refuses(text: String) {
        #expect { try MetadataFilter(text: text) } throws: { ($0 as? RequestError)?.code == .invalidFilter }
    }

    @Test func refusesWhatIsNestedTooDeeply() throws {
        let nested = { (depth: Int) in
            String(repeating: "{\"$not\":", count: depth) + "{\"a\":1}" + String(repeating: "}", count: depth)
        }
        _ = try MetadataFilter(text: nested(MetadataFilter.maximumDepth - 1))
        for depth in [MetadataFilter.maximumDepth, 100, 100_000] {
            #expect(throws: RequestError.self) { try MetadataFilter(text: nested(depth)) }
        }
    }

    @Test func refusesTooManyConditions() throws {
        let count = MetadataFilter.maximumConditionCount
        let list = { (count: Int) in (0..<count).map { "k\($0)=1" }.joined(separator: ",") }
        let object = { (count: Int) in "{" + (0..<count).map { "\"k\($0)\":1" }.joined(separator: ",") + "}" }
        let values = { (count: Int) in "{\"a\":{\"$in\":[" + (0..<count).map(String.init).joined(separator: ",") + "]}}"
        }
        for text in [list(count), object(count), values(count)] { _ = try MetadataFilter(text: text) }
        for text in [list(count + 1), object(count + 1), values(count + 1), list(200_000)] {
            #expect { try MetadataFilter(text: text) } throws: { ($0 as? RequestError)?.code == .invalidFilter }
        }
    }

    @Test func namesTheKeyAtFaultButNotAllOfIt() {
        let key = String(repeating: "k", count: 10_000)
        #expect { try MetadataFilter(text: "{\"\(key)\": {\"$x\": 1}}") } throws: { error in
            guard let message = (error as? RequestError)?.message else { return false }
            return message.contains("kkk") && message.count < 300
        }
    }
}
