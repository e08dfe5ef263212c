import Foundation
import SemblanceCore

/// A file of a backup that is being written: buffered and hashed. Calls block.
final class ArchiveOutput {
    private static let bufferByteCount = 1 << 18
    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var hasher: ContentHasher? = ContentHasher()
    private var byteCount: Int64 = 0

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TransferError.writing(path, errno) }
    }

    deinit { close(descriptor) }

    func write(_ bytes: some Sequence<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferByteCount { try flush() }
    }

    /// Writes the rest and makes it durable.
    /// - Parameter path: relative to the backup's folder.
    func finish(as path: String) throws -> ArchiveManifest.Part {
        let hash = try finishUnflushed()
        guard fsync(descriptor) == 0 else { throw TransferError.writing(self.path, errno) }
        return ArchiveManifest.Part(path: path, byteCount: byteCount, hash: hash)
    }

    /// Writes the rest; durable after the next `sync`.
    func finishUnflushed() throws -> ContentHash {
        try flush()
        guard let hasher = hasher.take() else { preconditionFailure("finished twice") }
        return hasher.finalize()
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { bytes in
            hasher?.update(bytes)
            var rest = bytes
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw TransferError.writing(path, errno) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        byteCount += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }
}
