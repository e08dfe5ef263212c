import Logging
import SemblanceCore

extension RedisJobQueue {
    /// Puts jobs of the store that are missing into the queue: after the server has lost its memory, and for whatever
    /// slipped through, such as a process that ended between writing a job and queueing it. One process does it at a
    /// time; its turn lasts until the next one is due.
    func reconcile() async throws {
        guard try await takeTurn() else { return }
        do {
            for lane in Job.Lane.allCases { try await reconcile(lane) }
        } catch {
            // Somebody else may succeed, or this process soon.
            _ = try? await client.call(["DEL", turnKey])
            throw error
        }
    }

    private var turnKey: String { "\(configuration.keyPrefix):reconciler" }

    private func takeTurn() async throws -> Bool {
        // A little less than the interval: whoever looks next is not to find the turn still taken.
        let duration = configuration.reconciliationInterval.wholeMilliseconds * 9 / 10
        let reply = try await client.call(["SET", turnKey, consumer, "NX", "PX", "\(max(1, duration))"])
        return reply != .null
    }

    /// The oldest are those that are known already, so they are asked for on top of what there is room for.
    private func reconcile(_ lane: Job.Lane) async throws {
        let known = try await run(RedisScript.statistics, lane, []).items.last?.integer ?? 0
        let ids = try await jobs.unfinished(lane: lane, limit: configuration.capacity + known)
        for start in stride(from: 0, to: ids.count, by: Self.chunk) {
            let part = Array(ids[start..<min(start + Self.chunk, ids.count)])
            // Full: the rest has its turn when there is room.
            guard try await enqueue(part, lane: lane) == part.count else { return }
        }
    }

    private static let chunk = 500
}
