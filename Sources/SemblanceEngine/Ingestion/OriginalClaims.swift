import SemblanceCore
import Synchronization

/// Originals that ingestion has stored, or found stored, and whose rows are not written yet.
///
/// Between the two, a deletion of the last other image with the same bytes must not remove the file: the row would
/// come to stand without it. A claim that is never given back, because its job failed in between, only keeps a file
/// until the program's next start.
final class OriginalClaims: Sendable {
    private let counts = Mutex<[ContentHash: Int]>([:])

    func claim(_ hash: ContentHash) {
        counts.withLock { $0[hash, default: 0] += 1 }
    }

    func release(_ hash: ContentHash) {
        counts.withLock { counts in
            guard let count = counts[hash] else { return }
            counts[hash] = count > 1 ? count - 1 : nil
        }
    }

    /// Does something with a file that nobody claims, and lets nobody claim it meanwhile.
    func ifUnclaimed(_ hash: ContentHash, _ body: () throws -> Void) rethrows {
        try counts.withLock { counts in
            if counts[hash] == nil { try body() }
        }
    }
}
