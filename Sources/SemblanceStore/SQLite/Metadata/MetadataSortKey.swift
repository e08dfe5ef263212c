import Foundation
import SemblanceCore

/// A JSON value as bytes: two values are equal exactly when their bytes are, and numbers and strings are in the order of
/// their bytes, so that a database without an idea of JSON can compare them.
///
/// One byte tells the type, in the order of the cases below. Then follow: for a number its IEEE 754 bits, turned so that
/// their unsigned order is that of the numbers; for a string the UTF-8 of its composed form (Swift's strings are equal
/// when those are); for a list or an object, which are only ever compared for equality, a SHA-256 over their parts.
package struct MetadataSortKey {
    enum Kind: UInt8 {
        case null, bool, number, string, array, object
    }

    package let bytes: [UInt8]

    var data: Data { Data(bytes) }

    /// - Precondition: no number is NaN, which JSON does not know.
    package init(_ value: JSONValue) {
        switch value {
        case .null: bytes = [Kind.null.rawValue]
        case .bool(let value): bytes = [Kind.bool.rawValue, value ? 1 : 0]
        case .number(let value): bytes = [Kind.number.rawValue] + Self.orderedBytes(of: value)
        case .string(let value): bytes = [Kind.string.rawValue] + Array(value.composed.utf8)
        case .array(let values):
            bytes = [Kind.array.rawValue] + Self.digest(values.map { MetadataSortKey($0).bytes })
        case .object(let members):
            let parts = members.map { (Array($0.key.composed.utf8), MetadataSortKey($0.value).bytes) }
                .sorted { $0.0.lexicographicallyPrecedes($1.0) }
            bytes = [Kind.object.rawValue] + Self.digest(parts.flatMap { [$0.0, $0.1] })
        }
    }

    /// The first bytes of every value of a type, and of the type after it: all its values lie between.
    static func bounds(of kind: Kind) -> (lower: Data, upper: Data) {
        (Data([kind.rawValue]), Data([kind.rawValue + 1]))
    }

    private static func orderedBytes(of value: Double) -> [UInt8] {
        // Zero has two signs and is one number.
        let bits = (value == 0 ? 0 : value).bitPattern
        let ordered = bits >> 63 == 1 ? ~bits : bits | 1 << 63
        return withUnsafeBytes(of: ordered.bigEndian) { Array($0) }
    }

    private static func digest(_ parts: [[UInt8]]) -> [UInt8] {
        var joined: [UInt8] = []
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { joined += $0 }
            joined += part
        }
        return ContentHash(hashing: joined).bytes
    }
}
