import Foundation
import SemblanceCore
import SemblanceEngine

/// Tells when something below some paths changes (inotify). Waits until changes have stopped for half a second.
///
/// It watches the folders that `FolderWalker` walks, and therefore sees what `index` sees: linked folders too, each
/// once however often links lead to it, and no names that start with a dot.
final class FolderChanges: Sendable {
    private static let settling: Duration = .milliseconds(500)
    /// Changes that never pause are taken up after this time all the same.
    private static let patience: Duration = .seconds(10)
    private static let mask =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_DELETE) | UInt32(IN_CREATE)

    private let descriptor: Int32
    private let roots: [String]
    /// Walking folders blocks.
    private let threads = ThreadPool(name: "watch", threadCount: 1)

    /// - Throws: `StoreError` if the kernel's limit on watches is reached.
    init(watching roots: [String]) async throws {
        self.roots = roots
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw StoreError(.failed, "Folders cannot be watched: \(String(cString: strerror(errno))).")
        }
        try await addWatches()
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
                try await addWatches()
                return true
            }
            do { try await Task.sleep(for: Self.settling) } catch { return false }
        }
        return false
    }

    private func addWatches() async throws {
        try await threads.run { [self] in
            var isFull = false
            // Watched before it is read: what comes in between is not missed.
            let walker = FolderWalker(paths: roots) { path in
                if !self.watch(path) { isFull = true }
            }
            while walker.next() != nil {
                if isFull { throw Self.tooManyFolders }
            }
            // A single file is watched through its folder: programs that save a file mostly put a new one in its place.
            let files = roots.filter { FileManager.default.fileExists(atPath: $0 + "/.") == false }
            for file in files {
                guard watch((file as NSString).deletingLastPathComponent) else { throw Self.tooManyFolders }
            }
        }
    }

    /// - Returns: `false` if the kernel lets this user watch no more.
    private func watch(_ folder: String) -> Bool {
        inotify_add_watch(descriptor, folder, Self.mask) >= 0 || errno != ENOSPC
    }

    private static let tooManyFolders = StoreError(
        .failed, "There are more folders than the kernel lets a user watch; raise fs.inotify.max_user_watches.")

    /// Reads all events that wait; whether one of them counts.
    private func drain() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var hasChange = false
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return hasChange }
            if buffer[..<count].withUnsafeBytes(Self.holdChange) { hasChange = true }
        }
    }

    /// Whether any event is about a name that `index` looks at.
    ///
    /// An event is the watch, the mask, a cookie and the name's length, 4 bytes each, then the name (inotify(7)).
    private static func holdChange(_ events: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + 16 <= events.count {
            let nameLength = Int(events.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
            // Without a name it is about a watched folder itself, or events were lost.
            if nameLength == 0 || events[offset + 16] != UInt8(ascii: ".") { return true }
            offset += 16 + nameLength
        }
        return false
    }
}
