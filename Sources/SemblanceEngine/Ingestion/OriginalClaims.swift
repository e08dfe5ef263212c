import SemblanceCore
import Synchronization

/// Originals that ingestion has stored, or found stored, and whose rows are not written yet.
///
/// A deletion takes three steps: it deletes rows, learns which files nobody needs then, and removes those. An ingestion
/// that finds such a file stored, in between, must keep it: its row would come to stand without a file. So ingestion
/// claims a file before it looks for it and releases it when the row is there, and a deletion leaves alone what is
/// claimed, and what was released while it ran: that row may have been written after it looked. At worst a file stays
/// that nobody needs.
///
/// A claim that is never given back, because its job failed in between, only keeps a file until the next start.
final class OriginalClaims: Sendable {
    private struct State {
        var counts: [ContentHash: Int] = [:]
        /// Deletions under way.
        var removalCount = 0
        /// Released since the first of them began.
        var released: Set<ContentHash> = []
    }

    private let state = Mutex(State())

    func claim(_ hash: ContentHash) {
        state.withLock { $0.counts[hash, default: 0] += 1 }
    }

    func release(_ hash: ContentHash) {
        state.withLock { state in
            guard let count = state.counts[hash] else { return }
            state.counts[hash] = count > 1 ? count - 1 : nil
            if state.removalCount > 0 { state.released.insert(hash) }
        }
    }

    /// Call before rows are deleted.
    func beginRemoval() {
        state.withLock { $0.removalCount += 1 }
    }

    /// Call when their files are removed.
    func endRemoval() {
        state.withLock { state in
            state.removalCount -= 1
            if state.removalCount == 0 { state.released = [] }
        }
    }

    /// Does something with a file that nobody claims or has claimed, and lets nobody claim it meanwhile.
    func ifUnclaimed(_ hash: ContentHash, _ body: () throws -> Void) rethrows {
        try state.withLock { state in
            if state.counts[hash] == nil, !state.released.contains(hash) { try body() }
        }
    }
}
