import Foundation
import SemblanceCore
import Synchronization

/// Stored originals that no catalogue uses.
///
/// An ingestion that was killed between storing a file and writing its row leaves one; so does a database that was put
/// aside, and then the file may be all that is left of a picture. So nothing goes unless somebody asks for it. What a
/// running ingestion has just stored would look the same: embedded, files go only while no other process has the data
/// folder; in server mode, only those that are older than a day.
struct UnusedOriginals {
    /// How old a file must be where other processes may be taking images in.
    private static let minimumAge = 86_400

    private let backends: Backends
    private let removes: Bool
    private let threads = ThreadPool(name: "originals", threadCount: 1)

    /// - Parameter backends: built to write if files are to be removed.
    init(of backends: Backends, removing: Bool) {
        self.backends = backends
        removes = removing
    }

    /// Looks at every stored original, and removes those that nobody uses if that was asked for.
    func examine() async throws -> Finding {
        var (storedCount, unusedCount, byteCount) = (0, 0, Int64(0))
        for byte in UInt8.min...UInt8.max {
            try Task.checkCancellation()
            let stored = try backends.files.storedHashes(startingWith: byte)
            storedCount += stored.count
            var unused: [ContentHash: Int64] = [:]
            for hash in try await backends.catalogues.unused(stored) {
                let file = Self.file(backends.files.path(of: hash))
                if removes, backends.jobsRun != .here, file.age < Self.minimumAge { continue }
                unused[hash] = file.byteCount
            }
            if removes {
                let removed = try await remove(Array(unused.keys))
                unused = unused.filter { removed.contains($0.key) }
            }
            unusedCount += unused.count
            byteCount += unused.values.reduce(0, +)
        }
        return finding(storedCount, unusedCount, byteCount)
    }

    /// Removes files, but for what an ingestion has claimed, or taken in since.
    /// - Returns: those that it removed.
    private func remove(_ hashes: [ContentHash]) async throws -> Set<ContentHash> {
        let removed = RemovedHashes()
        let (catalogues, files) = (backends.catalogues, backends.files)
        let claims = backends.claims ?? InProcessOriginalClaims()
        try await claims.remove(
            after: { try await catalogues.unused(hashes) }, on: threads,
            by: { hash in
                try files.remove(hash)
                removed.hashes.withLock { _ = $0.insert(hash) }
            })
        return removed.hashes.withLock { $0 }
    }

    private func finding(_ storedCount: Int, _ unusedCount: Int, _ byteCount: Int64) -> Finding {
        guard unusedCount > 0 else { return Finding(.fine, "originals", "\(storedCount) stored, all in use") }
        let text = "\(unusedCount) of \(storedCount) stored originals (\(byteCount.bytesText))"
        guard !removes else { return Finding(.fine, "originals", "removed \(text) that no catalogue used") }
        return Finding(
            .weak, "originals", "\(text) are in no catalogue, or are being taken in right now",
            remedy: "Index or upload them again, or remove them with semblance doctor --remove-unused.")
    }

    private static func file(_ path: String) -> (byteCount: Int64, age: Int) {
        var status = stat()
        guard stat(path, &status) == 0 else { return (0, 0) }
        // An upload becomes an original by another name for its file: the time of that, not of its bytes.
        return (Int64(status.st_size), time(nil) - status.st_ctim.tv_sec)
    }
}

/// Filled on another thread.
private final class RemovedHashes: Sendable {
    let hashes = Mutex<Set<ContentHash>>([])
}
