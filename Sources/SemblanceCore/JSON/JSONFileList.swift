import Foundation

/// A JSON list in a file that people write: each value with the line that it begins on.
public struct JSONFileList: Hashable, Sendable {
    public struct Element: Hashable, Sendable {
        /// From 1.
        public let line: Int
        public let value: JSONValue
    }

    public let elements: [Element]

    /// - Throws: `RequestError` with `invalid-json`; its message is half a sentence that names the line.
    public init(parsing data: Data) throws {
        let bytes = [UInt8](data)
        do {
            let values = try bytes.withUnsafeBytes(JSONParser.parseList)
            elements = values.map { Element(line: Self.line(of: $0.offset, in: bytes), value: $0.value) }
        } catch let failure as JSONParser.Failure {
            throw RequestError(
                .invalidJSON, "expected \(failure.expectation) on line \(Self.line(of: failure.offset, in: bytes))",
                underlying: failure)
        }
    }

    private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
        1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
    }
}
