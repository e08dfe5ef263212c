import Foundation
import SemblanceCore

/// The bytes of a weights file, mapped read-only: pages come into memory as tensors are read.
///
/// A file that another process shortens while it is mapped ends the program, as with every mapped file: weights are
/// put in place by an atomic rename and never written again.
///
/// `@unchecked Sendable`: `bytes` never changes after `init`, and nothing writes through it.
package final class CheckpointFile: @unchecked Sendable {
    /// The last component of the path, for messages.
    package let name: String
    /// Valid as long as this object lives: callers keep it alive with `withExtendedLifetime`.
    let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Maps a file.
    /// - Throws: `ModelError` with `model-weights-missing`.
    package init(path: String) throws(ModelError) {
        name = path.split(separator: "/").last.map(String.init) ?? path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw Self.unreadable(name) }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            isMapped = false
            return
        }
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw Self.unreadable(name)
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
        isMapped = true
    }

    /// Takes bytes that are in memory already; they are copied.
    package init(_ source: some Collection<UInt8>, name: String) {
        self.name = name
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
        copy.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    /// SHA-256 of all bytes.
    package var contentHash: ContentHash {
        withExtendedLifetime(self) { ContentHash(hashing: bytes) }
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            bytes.deallocate()
        }
    }

    private static func unreadable(_ name: String) -> ModelError {
        ModelError(
            .weightsMissing, "The weights file '\(name)' cannot be opened. Check that it exists and is readable.")
    }
}
