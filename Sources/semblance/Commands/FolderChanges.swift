import Foundation
import SemblanceCore

/// Tells when something below some folders changes (inotify). Waits until changes have stopped for half a second.
final class FolderChanges: Sendable {
    private static let settling: Duration = .milliseconds(500)
    /// Changes that never pause are taken up after this time all the same.
    private static let patience: Duration = .seconds(10)
    private static let mask =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_DELETE) | UInt32(IN_CREATE)

    private let descriptor: Int32
    private let roots: [String]

    /// - Throws: `StoreError` if the kernel's limit on watches is reached.
    init(watching roots: [String]) throws {
        self.roots = roots
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw StoreError(.failed, "Folders cannot be watched: \(String(cString: strerror(errno))).")
        }
        try addWatches()
    }

    deinit { close(descriptor) }

    /// Waits for changes. `false` when the task is cancelled.
    func next() async throws -> Bool {
        var firstChange: ContinuousClock.Instant?
        while !Task.isCancelled {
            let isQuiet = !drain()
            if !isQuiet, firstChange == nil { firstChange = .now }
            if let firstChange, isQuiet || ContinuousClock.now - firstChange > Self.patience {
                // New folders need watches of their own.
                try addWatches()
                return true
            }
            do { try await Task.sleep(for: Self.settling) } catch { return false }
        }
        return false
    }

    /// Reads all events that wait; whether there were any.
    private func drain() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var hasEvents = false
        while read(descriptor, &buffer, buffer.count) > 0 { hasEvents = true }
        return hasEvents
    }

    private func addWatches() throws {
        for root in roots {
            try watch(root)
            guard let below = FileManager.default.enumerator(atPath: root) else { continue }
            while let name = below.nextObject() as? String {
                if below.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { try watch(root + "/" + name) }
            }
        }
    }

    private func watch(_ path: String) throws {
        guard inotify_add_watch(descriptor, path, Self.mask) < 0, errno == ENOSPC else { return }
        throw StoreError(
            .failed, "There are more folders than the kernel lets a user watch; raise fs.inotify.max_user_watches.")
    }
}
