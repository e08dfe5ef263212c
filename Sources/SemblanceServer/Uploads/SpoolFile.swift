import Glibc
import SemblanceCore

/// A file that is being written. Calls block: use it on a disk thread.
struct SpoolFile: Sendable {
    let path: String
    private let descriptor: Int32
    private(set) var byteCount = 0

    /// Creates a file that is not there yet and that only this user can read.
    /// - Throws: `StoreError`.
    init(creating path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error(errno) }
        self.path = path
        self.descriptor = descriptor
    }

    /// - Throws: `StoreError`: `disk-full`, `data-folder-not-writable`.
    mutating func write(_ bytes: some Collection<UInt8>) throws {
        let isWritten: Void? = try bytes.withContiguousStorageIfAvailable { try write(UnsafeRawBufferPointer($0)) }
        if isWritten == nil { try Array(bytes).withUnsafeBytes { try write($0) } }
    }

    private mutating func write(_ buffer: UnsafeRawBufferPointer) throws {
        var rest = buffer
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.error(errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            byteCount += count
        }
    }

    /// Makes this file and all others of the spool durable in one go: cheaper than one `fsync` each for the thousands
    /// of files of an upload.
    func synchroniseFileSystem() throws {
        guard SystemCall.synchroniseFileSystem(descriptor) == 0 else { throw Self.error(errno) }
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    /// Removes a spool file; one that is not there is not an error.
    static func remove(_ path: String) {
        _ = unlink(path)
    }

    private static func error(_ number: Int32) -> StoreError {
        let cause = SystemFailure(number: number)
        return switch number {
        case ENOSPC, EDQUOT: StoreError(.diskFull, "The disk is full; make room and upload again.", underlying: cause)
        case EROFS, EACCES, EPERM:
            StoreError(.notWritable, "The server's data folder cannot be written; check its rights.", underlying: cause)
        case _ where StoreError.isOfAbsentFolder(number): StoreError.folderUnavailable(underlying: cause)
        default: StoreError(.failed, "The upload could not be written to disk.", underlying: cause)
        }
    }
}

private enum SystemCall {
    /// `syncfs`, which the C library declares only for programs that ask for GNU extensions, as Swift's do not; where
    /// there is none, the one file alone is made durable.
    static let synchroniseFileSystem: @convention(c) (Int32) -> Int32 = {
        guard let symbol = dlsym(nil, "syncfs") else { return fsync }
        return unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
    }()
}

/// What the system said, for the log.
struct SystemFailure: Error, CustomStringConvertible {
    let number: Int32
    var description: String { String(cString: strerror(number)) }
}
