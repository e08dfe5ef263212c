import Foundation
import SemblanceCore

/// Lets one process at a time get a file; the system drops the lock with the process, however it ends.
final class PullLock: Sendable {
    private let descriptor: Int32
    /// Between two looks at a lock that another process has.
    private static let pause: Duration = .milliseconds(200)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Waits until nobody has it.
    /// - Parameter waiting: called once if it is taken.
    /// - Throws: `StoreError`, `CancellationError`.
    static func take(_ path: String, waiting: () -> Void) async throws -> PullLock {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DurableFile.error(errno) }
        let lock = PullLock(descriptor: descriptor)
        var isFirst = true
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw DurableFile.error(errno) }
            if isFirst { waiting() }
            isFirst = false
            try await Task.sleep(for: pause)
        }
        return lock
    }
}
