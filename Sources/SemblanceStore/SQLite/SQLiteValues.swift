import Foundation
import GRDB
import SemblanceCore

// How Core's values lie in columns.

extension Date {
    /// Microseconds since 1970.
    var microseconds: Int64 { Int64((timeIntervalSince1970 * 1_000_000).rounded()) }

    init(microseconds: Int64) {
        self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}

extension ContentHash {
    var data: Data { Data(bytes) }

    /// - Throws: `StoreError` with `database-damaged` unless there are 32 bytes.
    init(column data: Data) throws {
        guard data.count == 32 else { throw StoreError.damagedDatabase() }
        self.init(bytes: Array(data))
    }
}

extension Embedding {
    /// Little-endian Float32.
    var data: Data {
        #if _endian(little)
            values.withUnsafeBytes { Data($0) }
        #else
            values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
        #endif
    }

    /// - Throws: `StoreError` with `database-damaged` unless there are exactly as many components.
    init(column data: Data, dimension: Int) throws {
        guard data.count == dimension * 4 else { throw StoreError.damagedDatabase() }
        let values = [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
            data.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            count = dimension
        }
        #if _endian(little)
            self.init(unit: values)
        #else
            self.init(unit: values.map { Float(bitPattern: $0.bitPattern.byteSwapped) })
        #endif
    }
}

extension String {
    /// SQLite's text ends at a zero byte: no row has such a name, and none may be found by what stands before it.
    var isStorable: Bool { !utf8.contains(0) }

    /// Without zero bytes, for names that come from outside and are only shown.
    var storable: String { isStorable ? self : replacingOccurrences(of: "\0", with: "\u{FFFD}") }

    /// The composed form (NFC): equal strings have equal bytes.
    var composed: String { utf8.allSatisfy { $0 < 0x80 } ? self : precomposedStringWithCanonicalMapping }
}

extension CatalogueImage {
    /// The columns that `init(row:)` reads, in its order.
    static let columns = "id, catalogue_id, hash, name, path, format, width, height, byte_count, metadata, created_at"

    /// - Throws: `StoreError` with `database-damaged` for values that were never written.
    init(row: Row) throws {
        guard let format = ImageFormat(rawValue: row[5]) else { throw StoreError.damagedDatabase() }
        self.init(
            id: ID(rawValue: row[0]), catalogueID: Catalogue.ID(rawValue: row[1]),
            hash: try ContentHash(column: row[2]),
            name: row[3], location: Location(column: row[4]),
            header: ImageHeader(format: format, width: row[6], height: row[7]), byteCount: row[8],
            metadata: try JSONValue(column: row[9]), createdAt: Date(microseconds: row[10]))
    }
}

extension CatalogueImage.Location {
    /// The column `path`: `nil` for a stored original.
    var column: String? {
        if case .inPlace(let path) = self { path } else { nil }
    }

    init(column path: String?) {
        self = path.map { .inPlace(path: $0) } ?? .stored
    }
}

extension JSONValue {
    init(column text: String) throws {
        do { try self.init(parsing: Data(text.utf8)) } catch { throw StoreError.damagedDatabase(underlying: error) }
    }
}

/// A list of numbers as JSON, to bind as one argument of `json_each`.
func jsonList(_ ids: some Sequence<CatalogueImage.ID>) -> String {
    "[" + ids.map { String($0.rawValue) }.joined(separator: ",") + "]"
}
