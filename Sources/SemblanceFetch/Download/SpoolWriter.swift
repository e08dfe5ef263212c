import Foundation
import NIOCore
import SemblanceCore

/// A file that is written from its start to its end. Calls block.
final class SpoolWriter: Sendable {
    private let descriptor: Int32

    /// Creates the file, readable by this user only; an empty one that is there is taken over, a link is not followed.
    /// - Throws: `StoreError` with `disk-full` or `data-folder-not-writable`.
    init(creating path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error(errno) }
    }

    deinit { close(descriptor) }

    /// - Throws: `StoreError` with `disk-full` or `data-folder-not-writable`.
    func write(_ buffer: ByteBuffer) throws {
        if let code = buffer.writeWhole(to: descriptor) { throw Self.error(code) }
    }

    private static func error(_ code: Int32) -> StoreError {
        switch code {
        case ENOSPC, EDQUOT:
            StoreError(.diskFull, "The disk that holds the data folder is full; free some space and try again.")
        default:
            StoreError(
                .notWritable, "A file in the data folder could not be written; check its permissions.",
                underlying: POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO))
        }
    }
}
