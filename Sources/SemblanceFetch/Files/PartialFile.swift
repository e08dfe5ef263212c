import Foundation
import NIOCore
import SemblanceCore

/// The part of a file that has arrived, and what the server called the version that it is a part of. Calls block.
///
/// Bytes are appended in order and the count of them is the file's size, so that a process may be killed at any time.
struct PartialFile: Sendable {
    /// What the next attempt needs in order to go on.
    struct Origin: Codable, Hashable {
        let url: String
        /// A strong `ETag`, or a date of last change: what `If-Range` takes (RFC 9110, section 13.1.5).
        let validator: String
    }

    let path: String
    private var originPath: String { path + ".origin" }

    var byteCount: Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// `nil` if there is nothing to go on with.
    func origin(for url: String) -> Origin? {
        guard byteCount > 0, let data = FileManager.default.contents(atPath: originPath),
            let origin = try? JSONDecoder().decode(Origin.self, from: data), origin.url == url
        else { return nil }
        return origin
    }

    /// Starts from nothing. Without a validator the next attempt will do so again.
    func begin(_ origin: Origin?) throws -> FileAppender {
        unlink(originPath)
        let appender = try FileAppender(path: path, truncating: true)
        if let origin { try? JSONEncoder().encode(origin).write(to: URL(fileURLWithPath: originPath)) }
        return appender
    }

    /// Goes on behind what is there.
    func resume() throws -> FileAppender { try FileAppender(path: path, truncating: false) }

    func discard() {
        unlink(path)
        unlink(originPath)
    }
}

/// Writes to the end of a file. Calls block.
final class FileAppender: Sendable {
    private let descriptor: Int32

    init(path: String, truncating: Bool) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (truncating ? O_TRUNC : 0), 0o644)
        guard descriptor >= 0 else { throw Self.error(errno) }
    }

    deinit { close(descriptor) }

    /// - Throws: `StoreError` with `disk-full` or `data-folder-not-writable`.
    func append(_ buffer: ByteBuffer) throws {
        if let code = buffer.writeWhole(to: descriptor) { throw Self.error(code) }
    }

    private static func error(_ code: Int32) -> StoreError {
        let underlying = POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        switch code {
        case ENOSPC, EDQUOT:
            return StoreError(
                .diskFull, "The disk that holds the cache folder is full; make room and try again: it will go on.",
                underlying: underlying)
        default:
            return StoreError(
                .notWritable, "A file in the cache folder could not be written; check its permissions.",
                underlying: underlying)
        }
    }
}
