import Foundation
import SemblanceCore

/// An image's original, open: what was looked at is what is read, whatever lies at its path by then.
package final class OriginalFile: Sendable {
    private let descriptor: Int32
    package let byteCount: Int
    /// Nanoseconds since 1970.
    private let modifiedNanoseconds: Int64
    /// Whether a link led there, in place of the file or of a folder: then its time says nothing, since anyone may point
    /// the link elsewhere.
    private let isBehindLink: Bool
    private let name: String

    /// Opens a regular file. Blocks, but never for a FIFO's writer.
    /// - Throws: `StoreError` with `file-missing`; `RequestError` with `overloaded` if no file can be opened at all.
    init(at path: String, of image: CatalogueImage) throws {
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw Self.error(errno, of: image) }
        isBehindLink = !Self.leads(path, to: opened)
        // From here on `deinit` closes it, whatever is thrown.
        descriptor = opened
        name = image.name
        var status = stat()
        let isRegular = fstat(opened, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        byteCount = Int(status.st_size)
        modifiedNanoseconds = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        guard isRegular else { throw StoreError.originalMissing(image) }
    }

    deinit { close(descriptor) }

    /// Makes sure that a file left in place still holds the image: by size and time, as when it was read, or by its hash.
    /// - Throws: `StoreError` with `file-missing`.
    func check(is image: CatalogueImage, asIn recorded: SourceFile?) throws {
        guard byteCount == image.byteCount else { throw StoreError.originalChanged(image) }
        if !isBehindLink, let recorded, recorded.byteCount == Int64(byteCount),
            recorded.modifiedNanoseconds == modifiedNanoseconds
        {
            return
        }
        guard try hash() == image.hash else { throw StoreError.originalChanged(image) }
    }

    private func hash() throws -> ContentHash {
        var hasher = ContentHasher()
        var offset = 0
        while offset < byteCount {
            let piece = try read(at: offset, upTo: 1 << 18)
            piece.withUnsafeBytes { hasher.update($0) }
            offset += piece.count
        }
        return hasher.finalize()
    }

    /// The next bytes, at least one. Blocks.
    /// - Throws: `StoreError` with `file-missing` if the file has become shorter or cannot be read.
    package func read(at offset: Int, upTo count: Int) throws -> [UInt8] {
        let count = min(count, byteCount - offset)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var got = 0
            repeat { got = pread(descriptor, buffer.baseAddress, count, off_t(offset)) } while got < 0 && errno == EINTR
            filled = max(0, got)
        }
        guard !bytes.isEmpty else {
            throw StoreError(.fileMissing, "The original of '\(name)' cannot be read to its end.")
        }
        return bytes
    }

    /// Whether this is the file's own path, without links, as the system knows it.
    private static func leads(_ path: String, to descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            let count = readlink("/proc/self/fd/\(descriptor)", buffer.baseAddress!, buffer.count)
            guard count > 0 else { return false }
            return path.utf8.elementsEqual(buffer[..<count].lazy.map(UInt8.init(bitPattern:)))
        }
    }

    private static func error(_ code: Int32, of image: CatalogueImage) -> any Error {
        let error = FileBytes.unreadable(code)
        return error.isTransient ? error : StoreError.originalMissing(image)
    }
}

extension StoreError {
    /// For example a file left in place that was moved.
    static func originalMissing(_ image: CatalogueImage) -> StoreError {
        StoreError(.fileMissing, "The original of '\(image.name)' is not where it was; index its folder again.")
    }

    /// A file left in place may have been overwritten since it was indexed.
    static func originalChanged(_ image: CatalogueImage) -> StoreError {
        StoreError(
            .fileMissing, "The original of '\(image.name)' has changed since it was indexed; index its folder again.")
    }
}
