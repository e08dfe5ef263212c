/// A condition on metadata. A path is a key, or keys joined by dots for nested objects.
///
/// A comparison with a value of another type, or with a missing key, is false; `not` turns that into true.
public indirect enum MetadataFilter: Hashable, Sendable {
    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equal = "$eq"
        case notEqual = "$ne"
        case less = "$lt"
        case lessOrEqual = "$lte"
        case greater = "$gt"
        case greaterOrEqual = "$gte"
    }

    case compare(path: [String], Comparison, JSONValue)
    case isIn(path: [String], [JSONValue])
    case exists(path: [String], Bool)
    case and([MetadataFilter])
    case or([MetadataFilter])
    case not(MetadataFilter)

    /// Whether metadata meets the condition: the reference for every store's translation.
    public func matches(_ metadata: JSONValue) -> Bool {
        switch self {
        case .compare(let path, .notEqual, let expected):
            // A missing key differs from every value, as in MongoDB, whose operators these are.
            return metadata.value(at: path) != expected
        case .compare(let path, let comparison, let expected):
            guard let found = metadata.value(at: path) else { return false }
            return comparison.holds(found, expected)
        case .isIn(let path, let values):
            guard let found = metadata.value(at: path) else { return false }
            return values.contains(found)
        case .exists(let path, let expected):
            return (metadata.value(at: path) != nil) == expected
        case .and(let filters): return filters.allSatisfy { $0.matches(metadata) }
        case .or(let filters): return filters.contains { $0.matches(metadata) }
        case .not(let filter): return !filter.matches(metadata)
        }
    }
}

extension MetadataFilter.Comparison {
    /// Numbers compare as numbers, strings by the UTF-8 bytes of their composed form (NFC), as Swift's do: strings
    /// that are equal never differ in order. Other types compare for equality only.
    func holds(_ found: JSONValue, _ expected: JSONValue) -> Bool {
        switch self {
        case .equal: return found == expected
        case .notEqual: return found != expected
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            switch (found, expected) {
            case (.number(let left), .number(let right)): return orders(left, right)
            case (.string(let left), .string(let right)): return orders(left, right)
            default: return false
            }
        }
    }

    private func orders<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .equal: left == right
        case .notEqual: left != right
        }
    }
}

extension JSONValue {
    func value(at path: [String]) -> JSONValue? {
        var value = self
        for key in path {
            guard let member = value[key] else { return nil }
            value = member
        }
        return value
    }
}
