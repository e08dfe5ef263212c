import Foundation

/// Lets one process at a time use the folder of compiled models: the engine writes its files in place, so that another
/// process could read half of one.
enum CompileLock {
    /// Runs `body` under an exclusive lock, which the system drops with the process, however it ends.
    /// Where the folder cannot be written there is no cache either, and nothing to guard.
    static func hold<Result, Failure: Error>(
        in folder: String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let descriptor = open(folder + "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return try body() }
        defer { close(descriptor) }
        // Only a signal interrupts it; then the wait goes on.
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }
}
