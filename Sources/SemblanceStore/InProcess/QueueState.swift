import SemblanceCore

/// The logic of one lane: who waits for what, and what is in whose hands. A value: it does nothing by itself, each
/// change returns what is to be done.
package struct QueueState: Sendable {
    package typealias Waiter = UInt64

    /// What is to be done after a change.
    package enum Action: Hashable, Sendable {
        case nothing
        /// Wake a worker.
        case hand(Job.ID, to: Waiter)
        /// Tell the sender: too many are waiting.
        case refuse
    }

    /// Jobs that may wait.
    package let capacity: Int
    private var waitingJobs: [Job.ID] = []
    private var head = 0
    private var waiters: [Waiter] = []
    /// Jobs that wait or are in a worker's hands: a job is handed out once at a time.
    private var known: Set<Job.ID> = []
    package private(set) var isClosed = false

    package init(capacity: Int) {
        self.capacity = capacity
    }

    package var depth: Int { waitingJobs.count - head }
    package var knownCount: Int { known.count }

    /// Jobs that may still come.
    package var room: Int { isClosed ? 0 : capacity - depth }

    /// Takes in a job. One that waits or is being worked on already is no news.
    package mutating func enqueue(_ id: Job.ID) -> Action {
        guard !known.contains(id) else { return .nothing }
        guard !isClosed, room > 0 || !waiters.isEmpty else { return .refuse }
        known.insert(id)
        guard waiters.isEmpty else { return .hand(id, to: waiters.removeFirst()) }
        waitingJobs.append(id)
        return .nothing
    }

    /// A worker asks: the job that has waited longest, or nothing, in which case the worker waits.
    package mutating func next(for waiter: Waiter) -> Job.ID? {
        guard depth > 0 else {
            if !isClosed { waiters.append(waiter) }
            return nil
        }
        let id = waitingJobs[head]
        head += 1
        if head == waitingJobs.count || head >= 1024 {
            waitingJobs.removeFirst(head)
            head = 0
        }
        return id
    }

    /// A worker does not wait any more.
    package mutating func leave(_ waiter: Waiter) {
        waiters.removeAll { $0 == waiter }
    }

    /// A worker is done with a job.
    package mutating func acknowledge(_ id: Job.ID) {
        known.remove(id)
    }

    /// Ends it: jobs that wait stay in the store; returns the workers to send home.
    package mutating func close() -> [Waiter] {
        isClosed = true
        defer { waiters = [] }
        (waitingJobs, head) = ([], 0)
        return waiters
    }
}
