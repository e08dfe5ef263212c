import SemblanceCore
import Synchronization

extension LocalVectorIndex {
    /// Compares all with all on every core; memory is bounded by `limit`. Cancelling the task ends the work.
    public func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair] {
        try await repairing {
            let search = try PairSearch.checked(
                self.soundSnapshot(), self.layout, minimumScore: minimumScore, limit: limit)
            return try await search.run(on: self.threads.pairs)
        }
    }
}

extension PairSearch {
    /// - Throws: `RequestError` for what cannot be asked.
    static func checked(
        _ snapshot: Snapshot, _ layout: RowLayout, minimumScore: Float, limit: Int
    ) throws -> PairSearch {
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        guard !minimumScore.isNaN else { throw RequestError(.invalidScore, "A score is a number from -1 to 1.") }
        return PairSearch(snapshot, layout, minimumScore: minimumScore, limit: limit)
    }

    func run(on threads: ThreadPool) async throws -> [NeighbourPair] {
        let workers = Array(repeating: self, count: min(threads.threadCount, blockCount))
        guard !workers.isEmpty else { return [] }
        let lists = try await withTaskCancellationHandler {
            try await threads.each(workers) { try $0.work() }
        } onCancel: {
            progress.isCancelled.store(true, ordering: .relaxed)
        }
        var best = BestFew<NeighbourPair>(limit: limit, by: NeighbourPair.isNearer)
        for pair in lists.joined() { best.offer(pair) }
        return best.sorted
    }
}
