import Foundation
import SemblanceCore

/// A file of a backup that is read from its beginning to its end. Calls block.
final class ArchiveInput {
    private static let blockByteCount = 1 << 18
    let path: String
    private let descriptor: Int32
    private var block: [UInt8] = []
    private var position = 0

    /// - Throws: `TransferError` with `backup-damaged`.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.damaged(path, "cannot be read: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// The next line without its end; `nil` after the last.
    func nextLine() throws -> [UInt8]? {
        var line: [UInt8] = []
        while try position < block.count || refill() {
            let rest = block[position...]
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line += rest[..<end]
                position = end + 1
                return line
            }
            line += rest
            position = block.count
        }
        return line.isEmpty ? nil : line
    }

    /// Some of what is left; `nil` at the end.
    func nextBlock() throws -> ArraySlice<UInt8>? {
        guard try position < block.count || refill() else { return nil }
        defer { position = block.count }
        return block[position...]
    }

    /// Exactly as many Float32 numbers.
    func floats(_ count: Int) throws -> [Float] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 4)
        while bytes.count < count * 4 {
            guard try position < block.count || refill() else { throw Self.damaged(path, "is too short") }
            let taken = min(block.count - position, count * 4 - bytes.count)
            bytes += block[position..<(position + taken)]
            position += taken
        }
        return bytes.withUnsafeBytes { bytes in
            (0..<count).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
    }

    /// The SHA-256 of all of it, and how long it is.
    static func hash(of path: String) throws -> (ContentHash, Int64) {
        let input = try ArchiveInput(path: path)
        var hasher = ContentHasher()
        var count: Int64 = 0
        while let block = try input.nextBlock() {
            block.withUnsafeBytes { hasher.update($0) }
            count += Int64(block.count)
        }
        return (hasher.finalize(), count)
    }

    private func refill() throws -> Bool {
        var fresh = [UInt8](repeating: 0, count: Self.blockByteCount)
        var count: Int
        repeat { count = read(descriptor, &fresh, fresh.count) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw Self.damaged(path, "cannot be read: \(String(cString: strerror(errno)))") }
        fresh.removeLast(fresh.count - count)
        (block, position) = (fresh, 0)
        return count > 0
    }

    static func damaged(_ path: String, _ what: String) -> TransferError {
        TransferError(.damaged, "The backup is damaged: '\(path)' \(what).")
    }
}
