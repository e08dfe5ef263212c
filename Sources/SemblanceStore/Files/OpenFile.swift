import Foundation
import SemblanceCore

/// An open file or folder: closed when it goes. Every failure says which system error it was.
struct OpenFile: ~Copyable {
    /// A system call that failed.
    struct Failure: Error, Hashable {
        /// The value of `errno`.
        let code: Int32
    }

    let descriptor: Int32

    /// - Throws: `Failure`.
    init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws {
        descriptor = open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(code: errno) }
    }

    deinit { close(descriptor) }

    /// Makes everything durable that was written to the file system this lies in.
    func synchroniseFileSystem() throws {
        guard let synchronise = Self.syncfs else { return sync() }
        try retrying { synchronise(descriptor) }
    }

    /// The system call of that name, which Swift's import of the C library leaves out: it is an extension of GNU's.
    private static let syncfs: (@convention(c) (Int32) -> Int32)? = dlsym(nil, "syncfs").map {
        unsafeBitCast($0, to: (@convention(c) (Int32) -> Int32).self)
    }

    func status() throws -> stat {
        var status = stat()
        try retrying { fstat(descriptor, &status) }
        return status
    }

    /// Fills a buffer as far as the file goes.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try retrying { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Of all that follows.
    func contentHash() throws -> ContentHash {
        var hasher = ContentHasher()
        try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 64) { buffer in
            while case let count = try read(into: buffer), count > 0 {
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        return hasher.finalize()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = try retrying { Glibc.write(descriptor, rest.baseAddress, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

/// Repeats a system call that a signal interrupted.
/// - Throws: `OpenFile.Failure`.
@discardableResult
func retrying<Number: SignedInteger>(_ call: () -> Number) throws -> Number {
    while true {
        let result = call()
        if result >= 0 { return result }
        guard errno == EINTR else { throw OpenFile.Failure(code: errno) }
    }
}

extension StoreError {
    /// Says what a system error means for the data folder.
    static func writing(_ error: any Error, inFolder folder: String) -> any Error {
        guard let failure = error as? OpenFile.Failure else { return error }
        let underlying = POSIXError(POSIXErrorCode(rawValue: failure.code) ?? .EIO)
        switch failure.code {
        case ENOSPC, EDQUOT: return StoreError.diskFull(underlying: underlying)
        case EROFS, EACCES, EPERM: return StoreError.notWritable(folder, underlying: underlying)
        case ENOENT:
            return StoreError(
                .fileMissing, "A file or folder of the data folder is gone; was something removed by hand?",
                underlying: underlying)
        case let code where StoreError.isOfAbsentFolder(code):
            return StoreError.folderUnavailable(underlying: underlying)
        default:
            return StoreError(
                .failed, "The data folder '\(folder)' could not be used: \(String(cString: strerror(failure.code))).",
                underlying: underlying)
        }
    }
}
