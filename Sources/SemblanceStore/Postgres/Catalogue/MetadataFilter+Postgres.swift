import SemblanceCore

/// The parameters of a statement that is put together, numbered as they come.
package struct PostgresCondition {
    package private(set) var parameters: [PostgresValue] = []

    package init() {}

    /// - Returns: `$1`, `$2`…
    package mutating func bind(_ value: PostgresValue) -> String {
        parameters.append(value)
        return "$\(parameters.count)"
    }
}

extension MetadataFilter {
    /// PostgreSQL takes at most 65,535 parameters.
    private static let maximumValueCount = 30_000

    /// How a statement looks at an image's value.
    package enum LookUp: Sendable {
        /// The images with such a value, out of the index on values: right where few are left.
        case byValue
        /// The value of one image: right where images come one by one, out of a vector index.
        case byImage
        /// As a query for the images' numbers, for a condition on one key that is met by having a value.
        case images
    }

    /// A condition that holds exactly for the images whose metadata `matches`; it is never NULL.
    ///
    /// No value and no name is ever part of the SQL text.
    /// - Parameter column: the images' number in the statement that this becomes part of.
    /// - Throws: `RequestError` with `invalid-filter` if there are more values than PostgreSQL takes.
    package func sql(
        _ condition: inout PostgresCondition, _ keys: MetadataKeyTree, in catalogue: Catalogue.ID,
        _ connection: PostgresConnection, column: String = "images.id", _ lookUp: LookUp = .byValue
    ) throws -> String {
        guard postgresValueCount <= Self.maximumValueCount else {
            throw RequestError(
                .invalidFilter,
                "A filter compares with at most \(Self.maximumValueCount) values, not \(postgresValueCount).")
        }
        var translation = Translation(column: column, lookUp: lookUp, condition: condition) { path in
            try keys.find(path, in: catalogue, connection)
        }
        let sql = try translation.translate(self)
        condition = translation.condition
        return sql
    }

    private struct Translation {
        let column: String
        let lookUp: LookUp
        var condition: PostgresCondition
        let key: ([String]) throws -> Int64?

        mutating func translate(_ filter: MetadataFilter) throws -> String {
            switch filter {
            case .compare(let path, .notEqual, let expected):
                return "NOT \(try images(at: path) { $0.equality(with: expected) })"
            case .compare(let path, let comparison, let expected):
                return try images(at: path) { $0.holds(comparison, expected) }
            case .isIn(let path, let values):
                let keys = values.filter(\.isComparable).map { LongValue(MetadataSortKey($0)) }
                return try images(at: path) { $0.isAmong(keys) }
            case .exists(let path, true): return try images(at: path) { _ in "TRUE" }
            case .exists(let path, false): return "NOT \(try images(at: path) { _ in "TRUE" })"
            case .and(let filters): return try join(filters, " AND ", ofNone: "TRUE")
            case .or(let filters): return try join(filters, " OR ", ofNone: "FALSE")
            case .not(let filter): return "NOT \(try translate(filter))"
            }
        }

        private mutating func join(
            _ filters: [MetadataFilter], _ separator: String, ofNone: String
        ) throws -> String {
            guard !filters.isEmpty else { return ofNone }
            var parts: [String] = []
            for filter in filters { parts.append(try translate(filter)) }
            return "(\(parts.joined(separator: separator)))"
        }

        /// The images that have a member at this path which meets a condition on `value`.
        private mutating func images(
            at path: [String], where condition: (inout Translation) -> String
        ) throws -> String {
            guard let key = try key(path) else { return lookUp == .images ? "SELECT 0 WHERE FALSE" : "FALSE" }
            let meets = condition(&self)
            // Our own number, so that the planner knows how many images have such a member.
            let images = "SELECT image_id FROM metadata_values WHERE key_id = \(key) AND \(meets)"
            switch lookUp {
            case .images: return images
            case .byValue: return "(\(column) IN (\(images)))"
            case .byImage:
                let value = "SELECT \(meets) FROM metadata_values WHERE image_id = \(column) AND key_id = \(key)"
                return "coalesce((\(value)), FALSE)"
            }
        }

        private mutating func equality(with expected: JSONValue) -> String {
            expected.isComparable ? value("=", MetadataSortKey(expected)) : "FALSE"
        }

        private mutating func isAmong(_ keys: [LongValue]) -> String {
            let short = "value = ANY (\(condition.bind(.byteStrings(keys.filter(\.isShort).map(\.head)))))"
            let long = keys.filter { !$0.isShort }.map { " OR \(value("=", $0))" }
            return "(\(short)\(long.joined()))"
        }

        private mutating func holds(_ comparison: Comparison, _ expected: JSONValue) -> String {
            let kind: MetadataSortKey.Kind
            switch expected {
            case _ where comparison == .equal || comparison == .notEqual: return equality(with: expected)
            case .number where expected.isComparable: kind = .number
            case .string: kind = .string
            default: return "FALSE"
            }
            let (lower, upper) = MetadataSortKey.bounds(of: kind)
            let bound = MetadataSortKey(expected)
            switch comparison {
            case .less: return "value >= \(bind(lower)) AND \(value("<", bound))"
            case .lessOrEqual: return "value >= \(bind(lower)) AND \(value("<=", bound))"
            case .greater: return "\(value(">", bound)) AND value < \(bind(upper))"
            case .greaterOrEqual, .equal, .notEqual: return "\(value(">=", bound)) AND value < \(bind(upper))"
            }
        }

        /// Compares the whole of a value, of which a short one is all in the index.
        private mutating func value(_ sign: String, _ key: LongValue) -> String {
            guard !key.isShort else { return "value \(sign) \(bind(key.head))" }
            return "(value, rest) \(sign) (\(bind(key.head)), \(bind(key.rest)))"
        }

        private mutating func value(_ sign: String, _ key: MetadataSortKey) -> String { value(sign, LongValue(key)) }
        private mutating func bind(_ bytes: some Sequence<UInt8>) -> String { condition.bind(.bytes(Array(bytes))) }
    }

    private var postgresValueCount: Int {
        switch self {
        case .compare: 2
        case .isIn(_, let values): values.count
        case .exists: 1
        case .and(let filters), .or(let filters): filters.reduce(0) { $0 + $1.postgresValueCount }
        case .not(let filter): filter.postgresValueCount
        }
    }
}
