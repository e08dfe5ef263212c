import Foundation
import SemblanceCore

/// A user's file that is being copied into the store. What is wrong with it is the file's fault, not the store's.
struct SourceReader: ~Copyable {
    private let file: OpenFile

    /// - Throws: `ImageError` with `image-unreadable`.
    init(_ path: String) throws {
        file = try Self.open(path)
    }

    private static func open(_ path: String) throws -> OpenFile {
        do {
            // A pipe without O_NONBLOCK would wait for a writer for ever.
            let file = try OpenFile(path, O_RDONLY | O_NONBLOCK)
            guard try file.status().st_mode & S_IFMT == S_IFREG else {
                throw ImageError(.unreadable, "This is not a regular file.")
            }
            return file
        } catch {
            throw unreadable(error)
        }
    }

    /// Copies everything and returns the hash of what was copied.
    /// - Throws: `ImageError` for the source, `OpenFile.Failure` for the copy.
    func copy(to partial: borrowing OpenFile) throws -> ContentHash {
        var hasher = ContentHasher()
        try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 64) { buffer in
            while case let count = try read(into: buffer), count > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hasher.update(bytes)
                try partial.write(bytes)
            }
        }
        return hasher.finalize()
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        do { return try file.read(into: buffer) } catch { throw Self.unreadable(error) }
    }

    private static func unreadable(_ error: any Error) -> any Error {
        guard let failure = error as? OpenFile.Failure else { return error }
        return ImageError(.unreadable, "The file could not be read: \(String(cString: strerror(failure.code))).")
    }
}
