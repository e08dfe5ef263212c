import SemblanceCore
import Synchronization

extension LocalVectorIndex {
    /// Compares all with all on every core; memory is bounded by `limit`. Cancelling the task ends the work.
    public func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair] {
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        guard !minimumScore.isNaN else { throw RequestError(.invalidScore, "A score is a number from -1 to 1.") }
        return try await repairing {
            let search = PairSearch(try self.soundSnapshot(), self.layout, minimumScore: minimumScore, limit: limit)
            return try await self.run(search)
        }
    }

    private func run(_ search: PairSearch) async throws -> [NeighbourPair] {
        let workers = Array(repeating: search, count: min(threads.pairs.threadCount, search.blockCount))
        guard !workers.isEmpty else { return [] }
        let lists = try await withTaskCancellationHandler {
            try await threads.pairs.each(workers) { try $0.work() }
        } onCancel: {
            search.progress.isCancelled.store(true, ordering: .relaxed)
        }
        var best = BestFew<NeighbourPair>(limit: search.limit, by: NeighbourPair.isNearer)
        for pair in lists.joined() { best.offer(pair) }
        return best.sorted
    }
}
