import Foundation
import GRDB
import SemblanceCore

extension MetadataFilter {
    /// SQLite takes at most 32,766 arguments.
    private static let maximumValueCount = 30_000

    /// A condition on `images.id` that holds exactly for the images whose metadata `matches`.
    ///
    /// Every comparison becomes a set of images out of an index; no value and no name is ever part of the SQL text.
    /// - Throws: `RequestError` with `invalid-filter` if there are more values than SQLite takes.
    func condition(in database: Database, catalogue: Catalogue.ID) throws -> SQL {
        guard valueCount <= Self.maximumValueCount else {
            throw RequestError(
                .invalidFilter, "A filter compares with at most \(Self.maximumValueCount) values, not \(valueCount).")
        }
        return try condition(MetadataKeys(database, catalogue: catalogue))
    }

    private func condition(_ keys: MetadataKeys) throws -> SQL {
        switch self {
        case .compare(let path, .notEqual, let expected):
            return "NOT \(try Self.images(keys, path, where: expected.equality))"
        case .compare(let path, let comparison, let expected):
            return try Self.images(keys, path, where: comparison.condition(expected))
        case .isIn(let path, let values):
            let keysOfValues = values.filter(\.isComparable).map { SQL("\(MetadataSortKey($0).data)") }
            return try Self.images(keys, path, where: "value IN (\(keysOfValues.joined(separator: ", ")))")
        case .exists(let path, true): return try Self.images(keys, path, where: "TRUE")
        case .exists(let path, false): return "NOT \(try Self.images(keys, path, where: "TRUE"))"
        case .and(let filters): return try Self.joined(filters, keys, operator: " AND ", ofNone: "TRUE")
        case .or(let filters): return try Self.joined(filters, keys, operator: " OR ", ofNone: "FALSE")
        case .not(let filter): return "NOT \(try filter.condition(keys))"
        }
    }

    private static func joined(
        _ filters: [MetadataFilter], _ keys: MetadataKeys, operator separator: String, ofNone: SQL
    ) throws -> SQL {
        guard !filters.isEmpty else { return ofNone }
        return "(\(try filters.map { try $0.condition(keys) }.joined(separator: separator)))"
    }

    /// The images that have a member at this path which meets a condition on `value`.
    private static func images(_ keys: MetadataKeys, _ path: [String], where condition: SQL) throws -> SQL {
        guard let key = try keys.find(path) else { return "FALSE" }
        return "(images.id IN (SELECT image_id FROM metadata_values WHERE key_id = \(key) AND \(condition)))"
    }

    private var valueCount: Int {
        switch self {
        case .compare: 3
        case .isIn(_, let values): values.count + 1
        case .exists: 1
        case .and(let filters), .or(let filters): filters.reduce(0) { $0 + $1.valueCount }
        case .not(let filter): filter.valueCount
        }
    }
}

extension MetadataFilter.Comparison {
    /// On the column `value`.
    fileprivate func condition(_ expected: JSONValue) -> SQL {
        guard self != .equal, self != .notEqual else { return expected.equality }
        let kind: MetadataSortKey.Kind
        switch expected {
        case .number where expected.isComparable: kind = .number
        case .string: kind = .string
        default: return "FALSE"
        }
        let (lower, upper) = MetadataSortKey.bounds(of: kind)
        let bound = MetadataSortKey(expected).data
        switch self {
        case .less: return "value >= \(lower) AND value < \(bound)"
        case .lessOrEqual: return "value >= \(lower) AND value <= \(bound)"
        case .greater: return "value > \(bound) AND value < \(upper)"
        case .greaterOrEqual: return "value >= \(bound) AND value < \(upper)"
        case .equal, .notEqual: return expected.equality
        }
    }
}

extension JSONValue {
    /// NaN equals nothing, itself included. JSON cannot say it, but Swift code can.
    var isComparable: Bool {
        if case .number(let value) = self { !value.isNaN } else { true }
    }

    /// On the column `value`.
    fileprivate var equality: SQL {
        isComparable ? "value = \(MetadataSortKey(self).data)" : "FALSE"
    }
}
