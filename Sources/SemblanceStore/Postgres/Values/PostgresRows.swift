import CPostgres
import Foundation
import SemblanceCore

/// What libpq got from the server; freed with this.
///
/// `@unchecked Sendable`: `handle` is never changed.
final class PostgresResult: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { PQclear(handle) }

    /// What went wrong, if anything did.
    var failure: PostgresFailure? {
        switch PQresultStatus(handle) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_COPY_IN, PGRES_EMPTY_QUERY: return nil
        default:
            let message = String(cString: PQresultErrorMessage(handle))
            // 'C': the code. Without one the error is libpq's own: the connection broke.
            guard let state = PQresultErrorField(handle, Int32(UInt8(ascii: "C"))) else {
                return PostgresFailure(.lost, message)
            }
            return PostgresFailure(.statement(SQLState(rawValue: String(cString: state))), message)
        }
    }

    /// Rows that the statement changed.
    var affectedCount: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }
}

/// The rows of a result.
package struct PostgresRows: RandomAccessCollection {
    private let result: PostgresResult

    init(_ result: PostgresResult) {
        self.result = result
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(PQntuples(result.handle)) }
    package subscript(position: Int) -> PostgresRow { PostgresRow(result: result, number: Int32(position)) }

    /// Rows that the statement changed or returned.
    package var affectedCount: Int { result.affectedCount }
}

/// One row; columns are numbered from 0.
package struct PostgresRow {
    fileprivate let result: PostgresResult
    fileprivate let number: Int32

    /// - Throws: `PostgresFailure` with `unexpectedValue` for NULL and for a value of another type.
    package subscript<Value: PostgresReadable>(column: Int) -> Value {
        get throws {
            guard let value: Value = try optional(column) else {
                throw PostgresFailure(.unexpectedValue, "column \(column) is NULL")
            }
            return value
        }
    }

    /// `nil` for NULL.
    package func optional<Value: PostgresReadable>(_ column: Int) throws -> Value? {
        let column = Int32(column)
        guard PQgetisnull(result.handle, number, column) == 0, let start = PQgetvalue(result.handle, number, column)
        else { return nil }
        let count = Int(PQgetlength(result.handle, number, column))
        guard let value = Value(postgres: UnsafeRawBufferPointer(start: start, count: count)) else {
            throw PostgresFailure(.unexpectedValue, "column \(column) is not a \(Value.self)")
        }
        return value
    }
}

/// Can be read from PostgreSQL's binary format.
package protocol PostgresReadable {
    init?(postgres bytes: UnsafeRawBufferPointer)
}

extension Int64: PostgresReadable {
    /// Of 2, 4 or 8 bytes.
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 8: self = Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        case 4: self = Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 2: self = Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        default: return nil
        }
    }
}

extension Int: PostgresReadable {
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        guard let value = Int64(postgres: bytes) else { return nil }
        self = Int(value)
    }
}

extension Bool: PostgresReadable {
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 1 else { return nil }
        self = bytes[0] != 0
    }
}

extension Double: PostgresReadable {
    /// Of 4 or 8 bytes.
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 8: self.init(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
        case 4: self.init(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
        default: return nil
        }
    }
}

extension String: PostgresReadable {
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        self.init(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8]: PostgresReadable {
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        self.init(bytes)
    }
}

extension ContentHash: PostgresReadable {
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        self.init(bytes: Array(bytes))
    }
}

extension Embedding: PostgresReadable {
    /// pgvector's `vector`.
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 4 else { return nil }
        let dimension = Int(UInt16(bigEndian: bytes.loadUnaligned(as: UInt16.self)))
        guard bytes.count == 4 + 4 * dimension else { return nil }
        self.init(
            unit: [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
                for index in 0..<dimension {
                    let bits = bytes.loadUnaligned(fromByteOffset: 4 + 4 * index, as: UInt32.self)
                    buffer[index] = Float(bitPattern: UInt32(bigEndian: bits))
                }
                count = dimension
            })
    }
}
