import Foundation

extension MetadataFilter {
    /// Conditions nested deeper than this are refused.
    public static let maximumDepth = 16
    /// More conditions than this in one filter are refused.
    public static let maximumConditionCount = 256

    /// Reads a filter as JSON: `{"category": "chair", "price": {"$lt": 20}, "$or": [{…}, {…}]}`.
    ///
    /// Operators: `$eq $ne $lt $lte $gt $gte $in $exists` on a key; `$and $or $not` on conditions.
    /// - Throws: `RequestError` with `invalid-filter` that names the key at fault.
    public init(json: JSONValue) throws {
        var remaining = Self.maximumConditionCount
        self = try Self.parse(json, depth: 0, remaining: &remaining)
    }

    /// Reads a filter as text: JSON if it starts with `{`, else conditions joined by commas, all of which must hold:
    /// `category=chair,price<20,brand!=Acme`. A value that reads as a number, `true` or `false` is one; quote it
    /// (`code="007"`) to compare it as text.
    /// - Throws: `RequestError` with `invalid-filter`.
    public init(text: String) throws {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        if trimmed.first == "{" {
            let json: JSONValue
            do { json = try JSONValue(parsing: Data(trimmed.utf8)) } catch {
                throw RequestError(
                    .invalidFilter, "The filter starts with '{' but is not well-formed JSON.", underlying: error)
            }
            try self.init(json: json)
            return
        }
        let conditions = try Self.splitConditions(trimmed).map(Self.parseCondition)
        guard conditions.count <= Self.maximumConditionCount else { throw Self.tooMany() }
        self = conditions.count == 1 ? conditions[0] : .and(conditions)
    }

    private static func tooMany() -> RequestError {
        RequestError(.invalidFilter, "A filter has at most \(maximumConditionCount) conditions.")
    }

    private static func parse(_ json: JSONValue, depth: Int, remaining: inout Int) throws -> MetadataFilter {
        guard depth < maximumDepth else {
            throw RequestError(.invalidFilter, "The filter is nested deeper than \(maximumDepth) levels.")
        }
        guard case .object(let members) = json else {
            throw RequestError(.invalidFilter, "A filter is a JSON object such as {\"category\": \"chair\"}.")
        }
        var conditions: [MetadataFilter] = []
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            remaining -= 1
            guard remaining >= 0 else { throw tooMany() }
            switch key {
            case "$and", "$or":
                guard case .array(let items) = value, !items.isEmpty else {
                    throw RequestError(.invalidFilter, "'\(key)' takes a list of at least one filter.")
                }
                var parsed: [MetadataFilter] = []
                for item in items { parsed.append(try parse(item, depth: depth + 1, remaining: &remaining)) }
                conditions.append(key == "$and" ? .and(parsed) : .or(parsed))
            case "$not":
                conditions.append(.not(try parse(value, depth: depth + 1, remaining: &remaining)))
            default:
                guard !key.hasPrefix("$") else {
                    throw RequestError(.invalidFilter, "'\(key.prefix(40))' is not an operator of filters.")
                }
                conditions += try parseKey(key, value, remaining: &remaining)
            }
        }
        return conditions.count == 1 ? conditions[0] : .and(conditions)
    }

    private static func parseKey(_ key: String, _ value: JSONValue, remaining: inout Int) throws -> [MetadataFilter] {
        let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty }) else {
            throw RequestError(.invalidFilter, "'\(key.prefix(40))' is not a key: a part between dots is empty.")
        }
        guard case .object(let operators) = value else { return [.compare(path: path, .equal, value)] }
        var conditions: [MetadataFilter] = []
        for (name, operand) in operators.sorted(by: { $0.key < $1.key }) {
            remaining -= 1
            guard remaining >= 0 else { throw tooMany() }
            if let comparison = Comparison(rawValue: name) {
                conditions.append(.compare(path: path, comparison, operand))
            } else if name == "$in", case .array(let values) = operand, values.count <= maximumConditionCount {
                conditions.append(.isIn(path: path, values))
            } else if name == "$exists", case .bool(let expected) = operand {
                conditions.append(.exists(path: path, expected))
            } else {
                throw RequestError(
                    .invalidFilter,
                    "'\(name.prefix(40))' on '\(key.prefix(40))' is not an operator, or its value is of the wrong type."
                )
            }
        }
        guard !conditions.isEmpty else {
            throw RequestError(.invalidFilter, "The condition on '\(key.prefix(40))' is empty.")
        }
        return conditions
    }

    /// Splits at commas outside double quotes.
    private static func splitConditions(_ text: String) throws -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        for index in text.indices {
            if text[index] == "\"" { isQuoted.toggle() }
            if text[index] == ",", !isQuoted {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        guard !isQuoted else { throw RequestError(.invalidFilter, "A double quote in the filter is not closed.") }
        parts.append(text[start...])
        return parts
    }

    private static let symbols: [(String, Comparison)] = [
        ("!=", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("=", .equal), ("<", .less), (">", .greater),
    ]

    private static func parseCondition(_ text: Substring) throws -> MetadataFilter {
        let found = symbols.compactMap { symbol, comparison in
            text.range(of: symbol).map { (range: $0, comparison: comparison) }
        }
        // The leftmost symbol; of two at one place the longer, which stands first in the table.
        guard let symbol = found.min(by: { $0.range.lowerBound < $1.range.lowerBound }) else {
            throw RequestError(
                .invalidFilter, "'\(text.prefix(40))' is not a condition: write key=value, or one of != < <= > >=.")
        }
        let key = text[..<symbol.range.lowerBound].trimmingCharacters(in: .whitespaces)
        let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty }) else {
            throw RequestError(.invalidFilter, "'\(text.prefix(40))' has no key before its sign.")
        }
        let value = text[symbol.range.upperBound...].trimmingCharacters(in: .whitespaces)
        return .compare(path: path, symbol.comparison, literal(value))
    }

    private static func literal(_ text: String) -> JSONValue {
        if text.count >= 2, text.first == "\"", text.last == "\"" {
            return .string(String(text.dropFirst().dropLast()))
        }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default: break
        }
        if let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
    }
}
