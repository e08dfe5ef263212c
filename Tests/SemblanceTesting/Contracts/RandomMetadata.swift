import SemblanceCore

/// Metadata and filters at random, out of few keys and values so that they often meet, hostile ones among them.
public struct RandomMetadata {
    static let keys = [
        "a", "b", "price", "a.b", "it's", "say \"hi\"", "$eq", "", "[0]", "x\0y", "é", "e\u{301}", "日本", "a%",
        "'; DROP TABLE images; --",
    ]
    static let strings = [
        "", "a", "b", "chair", "Chair", "é", "e\u{301}", "ﬁ", "10", "9", "true", "null", "\0", "a\0b", "it's", "\"",
        "\u{1F600}", "\u{FFFF}",
        "zebra", "Ångström", "A\u{30A}ngstro\u{308}m",
    ]
    static let numbers: [Double] = [
        0, -0.0, 1, -1, 0.1, 0.30000000000000004, 1e300, -1e300, .leastNonzeroMagnitude, 9_007_199_254_740_992,
        9_007_199_254_740_994, 10, 9, 2.5, 1e15, 123456.789,
        1.7976931348623157e308, 4.35, 3.141592653589793,
    ]

    private var generator: SeededGenerator

    public init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    public mutating func metadata() -> JSONValue {
        object(depth: 0)
    }

    public mutating func filter() -> MetadataFilter {
        filter(depth: 0)
    }

    private mutating func object(depth: Int) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            members[Self.keys.randomElement(using: &generator)!] = value(depth: depth + 1)
        }
        return .object(members)
    }

    private mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth < 3 ? 10 : 7), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2, 3: return .number(Self.numbers.randomElement(using: &generator)!)
        case 4, 5, 6: return .string(Self.strings.randomElement(using: &generator)!)
        case 7: return .array((0..<Int.random(in: 0...2, using: &generator)).map { _ in value(depth: depth + 1) })
        default: return object(depth: depth)
        }
    }

    private mutating func path() -> [String] {
        (0..<[1, 1, 1, 2, 2, 3].randomElement(using: &generator)!).map { _ in
            Self.keys.randomElement(using: &generator)!
        }
    }

    private mutating func filter(depth: Int) -> MetadataFilter {
        switch Int.random(in: 0..<(depth < 3 ? 10 : 6), using: &generator) {
        case 0...3:
            let comparison = MetadataFilter.Comparison.allCases.randomElement(using: &generator)!
            return .compare(path: path(), comparison, value(depth: 2))
        case 4: return .isIn(path: path(), (0..<Int.random(in: 0...3, using: &generator)).map { _ in value(depth: 2) })
        case 5: return .exists(path: path(), Bool.random(using: &generator))
        case 6: return .not(filter(depth: depth + 1))
        case 7, 8: return .and((0..<Int.random(in: 0...3, using: &generator)).map { _ in filter(depth: depth + 1) })
        default: return .or((0..<Int.random(in: 0...3, using: &generator)).map { _ in filter(depth: depth + 1) })
        }
    }
}
