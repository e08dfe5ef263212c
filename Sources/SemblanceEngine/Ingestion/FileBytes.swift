import Foundation
import SemblanceCore

/// The bytes of a file, read whole. Not mapped: a mapped file that somebody truncates kills the process.
///
/// `@unchecked Sendable`: `buffer` is written in `init` only.
package final class FileBytes: @unchecked Sendable {
    private let buffer: UnsafeMutableRawBufferPointer
    package let count: Int
    /// Nanoseconds since 1970, as it was when the file was opened.
    let modifiedNanoseconds: Int64

    /// Reads a regular file.
    /// - Throws: `ImageError`: `image-unreadable`, `image-empty`, `image-too-many-bytes`; `RequestError` with `overloaded`
    ///   if the machine lacks what it takes to open any file.
    package init(reading path: String, maximumByteCount: Int) throws {
        // A FIFO without O_NONBLOCK would wait for a writer for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Self.notRegular
        }
        let size = Int(status.st_size)
        guard size > 0 else { throw ImageError(.empty, "The file is empty: get a whole copy of it, or delete it.") }
        guard size <= maximumByteCount else {
            throw ImageError(
                .tooManyBytes,
                "The file has \(size) bytes; at most \(maximumByteCount) are read. Raise --max-bytes to allow more.")
        }
        buffer = .allocate(byteCount: size, alignment: 64)
        modifiedNanoseconds = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        do {
            count = try Self.fill(buffer, from: descriptor)
        } catch {
            buffer.deallocate()
            throw error
        }
    }

    deinit { buffer.deallocate() }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// Bytes of a file; 0 if there is none.
    static func byteCount(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Whether the system says that there is no such file; one that cannot be looked at is not gone.
    static func isGone(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
    }

    /// Whether an upload is gone, its folder being there: a share that is not mounted has no files either.
    /// - Throws: `StoreError` with `data-folder-unavailable`.
    static func isGoneFromSpool(_ path: String) throws -> Bool {
        guard isGone(path) else { return false }
        try requireFolder(of: path)
        return true
    }

    /// - Throws: `StoreError` with `data-folder-unavailable` unless the folder that holds a file can be listed.
    static func requireFolder(of path: String) throws {
        guard let folder = opendir((path as NSString).deletingLastPathComponent) else {
            throw StoreError.folderUnavailable(underlying: POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO))
        }
        defer { closedir(folder) }
        errno = 0
        guard readdir(folder) != nil || errno == 0 else {
            throw StoreError.folderUnavailable(underlying: POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO))
        }
    }

    /// Whether a folder on the way to a file is a link that leads nowhere, for example to a disk that is not mounted.
    static func isBehindBrokenLink(_ path: String) -> Bool {
        var folder = path
        var status = stat()
        while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            folder = String(folder[..<slash])
            guard lstat(folder, &status) == 0 else { continue }
            return status.st_mode & S_IFMT == S_IFLNK && isGone(folder)
        }
        return false
    }

    /// The path without links and relative parts; `nil` if there is nothing.
    static func absolutePath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32) throws -> Int {
        var filled = 0
        while filled < buffer.count {
            let got = read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw unreadable(errno) }
            if got == 0 { break }
            filled += got
        }
        return filled
    }

    static let notRegular = ImageError(.unreadable, "This is not a regular file: give a copy of the image itself.")

    /// - Parameters:
    ///   - code: of `errno`.
    ///   - kind: for people.
    package static func unreadable(_ code: Int32, _ kind: String = "file") -> any Error {
        let reason = String(cString: strerror(code))
        if [EMFILE, ENFILE, ENOMEM].contains(code) {
            return RequestError(.overloaded, "No file can be opened at present: \(reason). Try again in a moment.")
        }
        let remedy =
            switch code {
            case EACCES, EPERM: "Give the user that Semblance runs as the right to read it."
            case ENOENT: "It was moved or deleted meanwhile."
            default: "Look after its disk, and index it again."
            }
        return ImageError(.unreadable, "The \(kind) could not be read: \(reason). \(remedy)")
    }
}
