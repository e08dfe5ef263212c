import Foundation
import SemblanceCore

/// Files that must be whole or absent, whatever happens while they are written. Calls block.
enum DurableFile {
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// `nil` if it is not a plain file.
    static func byteCount(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// - Throws: `StoreError`.
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StoreError(
                .notWritable, "The folder '\(path)' cannot be made: check its permissions and free space.",
                underlying: error)
        }
    }

    /// Makes a file's bytes durable, then its name.
    /// - Throws: `StoreError`.
    static func rename(_ source: String, to target: String) throws {
        synchronise(source)
        guard Foundation.rename(source, target) == 0 else { throw error(errno) }
        synchronise(String(target.prefix(upTo: target.lastIndex(of: "/") ?? target.startIndex)))
    }

    static func synchronise(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Copies a file; file systems that can share blocks between files (btrfs, XFS) do, at no cost.
    ///
    /// Never a hard link: what its owner changes later must not change here.
    /// - Throws: `StoreError`; `model-weights-missing` if the source cannot be read.
    static func copy(_ source: String, to target: String) throws {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else {
            throw ModelError(.weightsMissing, "The file '\(name(of: source))' cannot be opened.")
        }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw error(errno) }
        defer { close(output) }
        if ioctl(output, cloneRequest, input) == 0 { return }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw error(errno) }
            if count == 0 { break }
            try buffer.withUnsafeBytes { try write($0[..<count], to: output) }
        }
        guard fsync(output) == 0 else { throw error(errno) }
    }

    /// `FICLONE` of <linux/fs.h>, a macro that Swift does not import.
    private static let cloneRequest: UInt = 0x4004_9409

    static func write(_ bytes: Slice<UnsafeRawBufferPointer>, to descriptor: Int32) throws {
        var rest = UnsafeRawBufferPointer(rebasing: bytes)
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw error(errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Refuses at once what would fail after minutes.
    /// - Throws: `StoreError` with `disk-full`.
    static func checkSpace(for byteCount: Int64, at folder: String) throws {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return }
        let free = Int64(status.f_bavail) * Int64(status.f_frsize)
        guard free >= byteCount else {
            throw StoreError(
                .diskFull,
                "'\(folder)' has \(free / 1_000_000) MB free; \((byteCount + 999_999) / 1_000_000) MB are needed. "
                    + "Make room and try again.")
        }
    }

    /// One process at a time; the system drops the lock with the process, however it ends.
    /// - Throws: `StoreError`, and what `body` throws.
    static func withLock<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw error(errno) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw error(errno) }
        }
        return try body()
    }

    static func error(_ code: Int32) -> StoreError {
        let underlying = POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        return switch code {
        case ENOSPC, EDQUOT:
            StoreError(.diskFull, "The disk is full: make room and try again.", underlying: underlying)
        default:
            StoreError(
                .notWritable,
                "A model's file could not be written (\(String(cString: strerror(code)))): check the folder's permissions.",
                underlying: underlying)
        }
    }
}
