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

    /// SHA-256 of all bytes. Their pages are given back afterwards.
    package var contentHash: ContentHash {
        withExtendedLifetime(self) {
            defer { releasePages(of: 0..<bytes.count) }
            return ContentHash(hashing: bytes)
        }
    }

    /// Takes the pages that lie wholly in a range out of this process's memory. They stay in the system's cache as long
    /// as there is room, and come back when they are read again.
    func releasePages(of range: Range<Int>) {
        guard isMapped, let base = bytes.baseAddress else { return }
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        let first = (range.lowerBound + pageSize - 1) / pageSize * pageSize
        // The mapping's last page has nothing behind the file's end.
        let last = range.upperBound == bytes.count ? range.upperBound : range.upperBound / pageSize * pageSize
        guard first < last else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + first), last - first, MADV_DONTNEED)
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
