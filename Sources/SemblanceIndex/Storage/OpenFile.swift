import Foundation
import SemblanceCore

/// An open file. The descriptor is closed with the last reference.
final class OpenFile: Sendable {
    let descriptor: Int32

    /// - Throws: `StoreError` or `IndexError` by the system's error number.
    init(_ path: String, flags: Int32) throws {
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure.error(errno, "open") }
    }

    deinit { close(descriptor) }

    func byteCount() throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure.error(errno, "read") }
        return Int(status.st_size)
    }

    /// Reads up to `count` bytes; fewer at the end of the file.
    func read(_ count: Int, at offset: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw FileFailure.error(errno, "read") }
            if got == 0 { break }
            done += got
        }
        return Array(bytes.prefix(done))
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let put = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else { throw FileFailure.error(put < 0 ? errno : ENOSPC, "write") }
            done += put
        }
    }

    func truncate(to count: Int) throws {
        guard ftruncate(descriptor, off_t(count)) == 0 else { throw FileFailure.error(errno, "shorten") }
    }

    /// Waits until the bytes are on the disk.
    func synchronise() throws {
        guard fdatasync(descriptor) == 0 else { throw FileFailure.error(errno, "synchronise") }
    }
}

/// Turns the system's error numbers into the area's errors.
enum FileFailure {
    static func error(_ number: Int32, _ action: String) -> any Error {
        let cause = POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO)
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            return StoreError(
                .diskFull, "The disk is full: the vector index could not grow. Free some space and try again.",
                underlying: cause)
        case EACCES, EROFS, EPERM:
            return StoreError(
                .notWritable, "The folder of the vector index cannot be written. Check its owner and permissions.",
                underlying: cause)
        default:
            return IndexError(.failed, "The vector index could not \(action) one of its files.", underlying: cause)
        }
    }
}
