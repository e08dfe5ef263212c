import Foundation
import SemblanceCore
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
    struct Failure: Error {}

    /// Work that keeps one thread of a pool busy until it is let go.
    private final class Blocker: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private let hasStarted = Atomic(false)

        /// Returns when the thread is busy.
        func occupy(_ pool: ThreadPool) async throws -> Task<Void, any Error> {
            let task = Task {
                try await pool.run {
                    self.hasStarted.store(true, ordering: .releasing)
                    self.semaphore.wait()
                }
            }
            try await waitUntil { hasStarted.load(ordering: .acquiring) }
            return task
        }

        func letGo() { semaphore.signal() }
    }

    private final class Record: Sendable {
        private let guarded = Mutex<[Int]>([])
        var numbers: [Int] { guarded.withLock { $0 } }
        func append(_ number: Int) { guarded.withLock { $0.append(number) } }
    }

    @Test func returnsWhatTheWorkReturnsOrThrows() async throws {
        let pool = ThreadPool(name: "test", threadCount: 2)
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: Failure.self) { try await pool.run { throw Failure() } }
        pool.shutDown()
    }

    @Test func onePieceOfWorkHasAThreadOfItsOwn() async throws {
        let name = try await ThreadPool.once("test-once") {
            try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
        }
        #expect(name == "test-once\n")
        await #expect(throws: Failure.self) { try await ThreadPool.once("test-once") { throw Failure() } }
        // It has ended, or will in a moment.
        try await waitUntil {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
            return !threads.isEmpty
                && threads.allSatisfy {
                    (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) != "test-once\n"
                }
        }
    }

    @Test func runsOnItsOwnThreadsOnly() async throws {
        let pool = ThreadPool(name: "named", threadCount: 3)
        let names = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<30 { group.addTask { try await pool.run { Thread.current.name } } }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(names == ["named"])
        pool.shutDown()
    }

    @Test func doesAllWorkOnceHoweverMuchThereIs() async throws {
        let pool = ThreadPool(name: "test", threadCount: 4, maximumWaitingCount: 10_000)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...5000 { group.addTask { try await pool.run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 5000 * 5001 / 2)
        #expect(pool.waitingCount == 0)
        pool.shutDown()
    }

    @Test func oneThreadWorksInTheOrderOfAsking() async throws {
        let (pool, blocker) = (ThreadPool(name: "test", threadCount: 1), Blocker())
        let record = Record()
        let first = try await blocker.occupy(pool)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { try await pool.run { record.append(number) } }
                try await waitUntil { pool.waitingCount == number + 1 }
            }
            blocker.letGo()
            try await group.waitForAll()
        }
        try await first.value
        #expect(record.numbers == Array(0..<50))
        pool.shutDown()
    }

    @Test func refusesWhatIsTooMuch() async throws {
        let (pool, blocker) = (ThreadPool(name: "test", threadCount: 1, maximumWaitingCount: 2), Blocker())
        let first = try await blocker.occupy(pool)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { try await pool.run {} } }
            try await waitUntil { pool.waitingCount == 2 }
            await #expect { try await pool.run {} } throws: { ($0 as? RequestError)?.code == .overloaded }
            blocker.letGo()
            try await group.waitForAll()
        }
        try await first.value
        try await pool.run {}
        pool.shutDown()
    }

    @Test func afterShuttingDownItRefusesButEndsWhatItHas() async throws {
        let (pool, blocker) = (ThreadPool(name: "test", threadCount: 1), Blocker())
        let first = try await blocker.occupy(pool)
        let second = Task { try await pool.run { 2 } }
        try await waitUntil { pool.waitingCount == 1 }
        pool.shutDown()
        await #expect(throws: RequestError.self) { try await pool.run {} }
        blocker.letGo()
        try await first.value
        #expect(try await second.value == 2)
    }
}

/// Gives way to others until a condition holds.
private func waitUntil(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while !condition() {
        try #require(ContinuousClock.now < deadline, "the condition never came")
        await Task.yield()
    }
}
