import Foundation
import SemblanceCore

/// The right to write to a data folder; given back when it goes, or when the process ends in whatever way.
///
/// `flock` holds it, not the file's being there: a kill leaves no stale lock. Programs that this one starts do not
/// inherit it. The number of the process in the file is for people only.
public final class DataFolderLock: Sendable {
    private let descriptor: Int32

    init(path: String, folder: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OpenFile.Failure(code: errno) }
        do {
            try retrying { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch let error as OpenFile.Failure {
            // `deinit` closes the file: the only member has its value.
            guard error.code == EWOULDBLOCK else { throw error }
            throw StoreError(
                .dataFolderInUse,
                "The data folder '\(folder)' is in use by \(Self.holder(descriptor) ?? "another process"). "
                    + "Stop it, or choose another folder with --data.")
        }
        let text = "\(getpid())\n"
        // A full disk does not matter here.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.utf8.count, 0) }
    }

    deinit { close(descriptor) }

    /// What the file says, if that process is alive: the file may be older than the lock.
    private static func holder(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0,
            let process = Int32(String(decoding: bytes[..<count], as: UTF8.self).trimmingCharacters(in: .newlines)),
            process > 0, kill(process, 0) == 0 || errno == EPERM
        else { return nil }
        return "process \(process)"
    }
}
