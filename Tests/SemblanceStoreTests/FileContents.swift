import Foundation

/// The bytes of a file, to look into or to damage.
struct FileContents {
    private(set) var data: Data
    private let path: String

    init?(_ path: String) {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        self.data = data
        self.path = path
    }

    func contains(_ bytes: [UInt8]) -> Bool { data.range(of: Data(bytes)) != nil }

    /// Overwrites bytes in the file.
    mutating func overwrite(_ range: Range<Int>, with byte: UInt8) throws {
        data.replaceSubrange(range, with: Data(repeating: byte, count: range.count))
        try data.write(to: URL(fileURLWithPath: path))
    }

    mutating func truncate(to count: Int) throws {
        data = data.prefix(count)
        try data.write(to: URL(fileURLWithPath: path))
    }
}
