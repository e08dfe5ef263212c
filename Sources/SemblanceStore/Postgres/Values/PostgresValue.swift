import CPostgres
import SemblanceCore

/// A parameter of a statement. Lists become arrays, for `unnest` and `= ANY`.
package enum PostgresValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    /// Without zero bytes, which PostgreSQL's text does not know: see `String.storable`.
    case text(String)
    case bytes([UInt8])
    /// pgvector's `vector`. Written as `$1::vector` in the statement.
    case vector([Float])
    case bools([Bool])
    case integers([Int64])
    case texts([String?])
    case byteStrings([[UInt8]])
    case vectors([[Float]])

    package static func integer(_ value: Int) -> PostgresValue { .integer(Int64(value)) }
    package static func optional(_ text: String?) -> PostgresValue { text.map { .text($0) } ?? .null }
    package static func optional(_ value: Int64?) -> PostgresValue { value.map { .integer($0) } ?? .null }
    package static func ids(_ images: some Sequence<CatalogueImage.ID>) -> PostgresValue {
        .integers(images.map(\.rawValue))
    }
}

/// Numbers of PostgreSQL's own types, the same in every database (`pg_type.dat`).
private enum TypeNumber {
    static let bool: Oid = 16
    static let bytea: Oid = 17
    static let int8: Oid = 20
    static let text: Oid = 25
    static let float8: Oid = 701
    static let boolArray: Oid = 1000
    static let byteaArray: Oid = 1001
    static let textArray: Oid = 1009
    static let int8Array: Oid = 1016
}

/// Parameters as libpq takes them: all bytes one after the other, and where each begins.
struct EncodedParameters {
    private(set) var types: [Oid] = []
    private var buffer = PostgresBuffer()
    /// `nil` for NULL.
    private var ranges: [Range<Int>?] = []

    init(_ values: [PostgresValue], _ server: PostgresServer) {
        for value in values {
            let start = buffer.count
            types.append(append(value, server))
            if case .null = value { ranges.append(nil) } else { ranges.append(start..<buffer.count) }
        }
    }

    func withPointers<Result>(
        _ body: ([UnsafePointer<CChar>?], [Int32], [Int32]) throws -> Result
    ) rethrows -> Result {
        let lengths = ranges.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: ranges.count)
        // Never empty: an empty value still needs an address, since none means NULL.
        return try (buffer.bytes + [0]).withUnsafeBytes { bytes in
            let base = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
            return try body(ranges.map { range in range.map { base + $0.lowerBound } }, lengths, formats)
        }
    }

    /// - Returns: the type's number; 0 lets the server infer it.
    private mutating func append(_ value: PostgresValue, _ server: PostgresServer) -> Oid {
        switch value {
        case .null: return 0
        case .bool(let value):
            buffer.append(UInt8(value ? 1 : 0))
            return TypeNumber.bool
        case .integer(let value):
            buffer.append(value)
            return TypeNumber.int8
        case .real(let value):
            buffer.append(value.bitPattern)
            return TypeNumber.float8
        case .text(let text):
            buffer.append(Array(text.utf8))
            return TypeNumber.text
        case .bytes(let bytes):
            buffer.append(bytes)
            return TypeNumber.bytea
        case .vector(let vector):
            buffer.append(vector: vector)
            return 0
        case .bools(let values):
            appendArray(values, of: TypeNumber.bool) {
                $0.append(Int32(1))
                $0.append(UInt8($1 ? 1 : 0))
            }
            return TypeNumber.boolArray
        case .integers(let values):
            appendArray(values, of: TypeNumber.int8) {
                $0.append(Int32(8))
                $0.append($1)
            }
            return TypeNumber.int8Array
        case .texts(let values):
            appendArray(values, of: TypeNumber.text, hasNulls: true) { buffer, text in
                guard let text else { return buffer.append(Int32(-1)) }
                buffer.append(Int32(text.utf8.count))
                buffer.append(Array(text.utf8))
            }
            return TypeNumber.textArray
        case .byteStrings(let values):
            appendArray(values, of: TypeNumber.bytea) {
                $0.append(Int32($1.count))
                $0.append($1)
            }
            return TypeNumber.byteaArray
        case .vectors(let values):
            appendArray(values, of: server.vectorType) { $0.append(sized: $1) }
            return server.vectorArrayType
        }
    }

    /// Dimensions, whether there are NULLs, the elements' type, then length and lower bound of the one dimension.
    private mutating func appendArray<Element>(
        _ elements: [Element], of type: Oid, hasNulls: Bool = false, _ append: (inout PostgresBuffer, Element) -> Void
    ) {
        buffer.append(Int32(elements.isEmpty ? 0 : 1))
        buffer.append(Int32(hasNulls ? 1 : 0))
        buffer.append(type)
        guard !elements.isEmpty else { return }
        buffer.append(Int32(elements.count))
        buffer.append(Int32(1))
        for element in elements { append(&buffer, element) }
    }
}
