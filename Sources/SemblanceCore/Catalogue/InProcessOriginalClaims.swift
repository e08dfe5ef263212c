import Synchronization

/// Claims on originals where one process alone works on the files.
///
/// A claim that is never given back, because its job failed in between, only keeps a file until the next start.
public final class InProcessOriginalClaims: OriginalClaims {
    private struct State {
        var counts: [ContentHash: Int] = [:]
        /// Deletions under way.
        var removalCount = 0
        /// Released since the first of them began.
        var released: Set<ContentHash> = []
    }

    private let state = Mutex(State())

    public init() {}

    public func claim(_ hashes: [ContentHash]) async throws {
        state.withLock { state in
            for hash in hashes { state.counts[hash, default: 0] += 1 }
        }
    }

    public func release(_ hashes: [ContentHash]) async {
        state.withLock { state in
            for hash in hashes {
                guard let count = state.counts[hash] else { continue }
                state.counts[hash] = count > 1 ? count - 1 : nil
                if state.removalCount > 0 { state.released.insert(hash) }
            }
        }
    }

    public func remove(
        after deletion: @Sendable () async throws -> [ContentHash], on threads: ThreadPool,
        by removal: @escaping @Sendable (ContentHash) throws -> Void
    ) async throws {
        state.withLock { $0.removalCount += 1 }
        defer { endRemoval() }
        let hashes = try await deletion()
        guard !hashes.isEmpty else { return }
        try await threads.run { [self] in
            for hash in hashes { try removeIfUnclaimed(hash, by: removal) }
        }
    }

    private func removeIfUnclaimed(_ hash: ContentHash, by removal: (ContentHash) throws -> Void) throws {
        try state.withLock { state in
            if state.counts[hash] == nil, !state.released.contains(hash) { try removal(hash) }
        }
    }

    private func endRemoval() {
        state.withLock { state in
            state.removalCount -= 1
            if state.removalCount == 0 { state.released = [] }
        }
    }
}
