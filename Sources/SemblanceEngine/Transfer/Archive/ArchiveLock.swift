import Foundation
import SemblanceCore

/// Keeps a second backup out of a folder: of two at once, each would take the other's parts away. Held until the last
/// reference is gone.
final class ArchiveLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `TransferError` with `backup-folder-taken` if another process is writing there. Calls block.
    init(folder: String) throws {
        let path = "\(folder)/\(ArchiveManifest.fileName).lock"
        // NFS wants a lock's holder to be able to write.
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TransferError.writing(path, errno) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        guard errno == EWOULDBLOCK else { throw TransferError.writing(path, errno) }
        throw TransferError(.folderTaken, "Another backup is being written to '\(folder)'.")
    }

    deinit { close(descriptor) }
}
