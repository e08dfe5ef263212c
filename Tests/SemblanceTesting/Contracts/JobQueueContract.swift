import SemblanceCore
import Synchronization
import Testing

/// What every `JobQueue` promises.
public struct JobQueueContract: Sendable {
    /// An empty queue in which `capacity` jobs may wait.
    let queue: any JobQueue
    let capacity: Int

    public init(queue: any JobQueue, capacity: Int) {
        self.queue = queue
        self.capacity = capacity
    }

    public static let checks: [ContractCheck<JobQueueContract>] = [
        ContractCheck("hands out jobs first come, first served") {
            let ids = (0..<3).map { _ in Job.ID.random() }
            for id in ids { try await $0.queue.enqueue(id, lane: .ingest) }
            #expect(try await $0.queue.depth(of: .ingest) == 3)
            for id in ids { #expect(try await $0.queue.next(in: .ingest) == id) }
            #expect(try await $0.queue.depth(of: .ingest) == 0)
        },
        ContractCheck("lanes do not wait for each other") {
            let (ingest, search) = (Job.ID.random(), Job.ID.random())
            try await $0.queue.enqueue(ingest, lane: .ingest)
            try await $0.queue.enqueue(search, lane: .search)
            #expect(try await $0.queue.next(in: .search) == search)
            #expect(try await $0.queue.next(in: .ingest) == ingest)
        },
        ContractCheck("wakes a waiting worker") {
            let (queue, id) = ($0.queue, Job.ID.random())
            async let next = queue.next(in: .search)
            try await queue.enqueue(id, lane: .search)
            #expect(try await next == id)
        },
        ContractCheck("a job that waits or is in hand is not handed out twice") {
            let queue = $0.queue
            let (first, second) = (Job.ID.random(), Job.ID.random())
            try await queue.enqueue(first, lane: .ingest)
            try await queue.enqueue(first, lane: .ingest)
            #expect(try await queue.next(in: .ingest) == first)
            try await queue.enqueue(first, lane: .ingest)
            try await queue.enqueue(second, lane: .ingest)
            #expect(try await queue.next(in: .ingest) == second)
            try await queue.acknowledge(first, lane: .ingest)
            try await queue.enqueue(first, lane: .ingest)
            #expect(try await queue.next(in: .ingest) == first)
        },
        ContractCheck("refuses what is too much, and takes it when there is room again") {
            let queue = $0.queue
            for _ in 0..<$0.capacity { try await queue.enqueue(.random(), lane: .ingest) }
            let late = Job.ID.random()
            await expectJobError(.queueFull) { try await queue.enqueue(late, lane: .ingest) }
            try await queue.enqueue(.random(), lane: .search)
            _ = try await queue.next(in: .ingest)
            try await queue.enqueue(late, lane: .ingest)
            #expect(try await queue.depth(of: .ingest) == $0.capacity)
        },
        ContractCheck("a cancelled worker gets nothing, and takes nothing away") {
            let (queue, id) = ($0.queue, Job.ID.random())
            let worker = Task { try await queue.next(in: .ingest) }
            worker.cancel()
            #expect(try await worker.value == nil)
            try await queue.enqueue(id, lane: .ingest)
            #expect(try await queue.next(in: .ingest) == id)
        },
        ContractCheck("many workers get every job once") {
            let queue = $0.queue
            let ids = (0..<$0.capacity).map { _ in Job.ID.random() }
            for id in ids { try await queue.enqueue(id, lane: .ingest) }
            let count = ids.count / 2
            let taken = try await withThrowingTaskGroup(of: [Job.ID].self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        var taken: [Job.ID] = []
                        for _ in 0..<count {
                            guard let id = try await queue.next(in: .ingest) else { break }
                            taken.append(id)
                            try await queue.acknowledge(id, lane: .ingest)
                        }
                        return taken
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == count * 2)
            #expect(Set(taken).count == taken.count)
        },
    ]
}
