import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct JobQueueTests {
    /// Looks into the store so rarely that a test never sees it twice.
    private static let seldom = Duration.seconds(3600)

    @Test(arguments: JobQueueContract.checks)
    func inMemoryQueueKeepsThePromise(_ check: ContractCheck<JobQueueContract>) async throws {
        try await check.run(JobQueueContract(queue: InMemoryJobQueue(capacity: 8), capacity: 8))
    }

    @Test(arguments: JobQueueContract.checks)
    func inProcessQueueKeepsThePromise(_ check: ContractCheck<JobQueueContract>) async throws {
        let queue = InProcessJobQueue(
            jobs: InMemoryJobStore(), configuration: .init(capacity: 8, pollingInterval: Self.seldom))
        try await check.run(JobQueueContract(queue: queue, capacity: 8))
        queue.close()
    }

    @Test(arguments: JobQueueContract.checks)
    func inProcessQueueKeepsThePromiseOverSQLite(_ check: ContractCheck<JobQueueContract>) async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(path: folder.path("jobs.sqlite"), role: .writer)
        let queue = InProcessJobQueue(
            jobs: SQLiteJobStore(database: database), configuration: .init(capacity: 8, pollingInterval: Self.seldom))
        try await check.run(JobQueueContract(queue: queue, capacity: 8))
        queue.close()
    }

    @Test(
        .enabled(if: PostgresFixture.isWanted, "SEMBLANCE_TEST_DATABASE is not set"), arguments: JobQueueContract.checks
    )
    func inProcessQueueKeepsThePromiseOverPostgreSQL(_ check: ContractCheck<JobQueueContract>) async throws {
        let fixture = try await PostgresFixture()
        let database = try await PostgresDatabase.open(fixture.configuration(), schema: .migrate)
        let queue = InProcessJobQueue(
            jobs: PostgresJobStore(database: database), configuration: .init(capacity: 8, pollingInterval: Self.seldom))
        try await check.run(JobQueueContract(queue: queue, capacity: 8))
        queue.close()
        database.close()
    }

    @Test func findsWhatAnEarlierProcessLeft() async throws {
        let store = InMemoryJobStore()
        let (running, queued) = (Job(work: Samples.ingestion()), Job(work: Samples.ingestion()))
        for job in [running, queued] { try await store.insert(job) }
        _ = try await store.start(running.id)
        let queue = InProcessJobQueue(jobs: store.reopened(), configuration: .init(pollingInterval: Self.seldom))
        #expect(try await queue.next(in: .ingest) == running.id)
        #expect(try await queue.next(in: .ingest) == queued.id)
    }

    @Test func noticesJobsThatAnotherProcessInserts() async throws {
        let store = InMemoryJobStore()
        let queue = InProcessJobQueue(jobs: store, configuration: .init(pollingInterval: .milliseconds(2)))
        async let next = queue.next(in: .search)
        let job = Job(work: Samples.search())
        try await store.insert(job)
        #expect(try await next == job.id)
    }

    @Test func pollingNeverHandsOutAJobThatIsInHand() async throws {
        let store = InMemoryJobStore()
        let queue = InProcessJobQueue(jobs: store, configuration: .init(pollingInterval: .milliseconds(1)))
        let first = Job(work: Samples.search())
        try await store.insert(first)
        // Not started in the store yet: every look finds it queued.
        #expect(try await queue.next(in: .search) == first.id)
        let second = Job(work: Samples.search())
        try await store.insert(second)
        #expect(try await queue.next(in: .search) == second.id)
        #expect(try await queue.depth(of: .search) == 0)
    }

    @Test func closingSendsWorkersHome() async throws {
        let queue = InProcessJobQueue(jobs: InMemoryJobStore(), configuration: .init(pollingInterval: Self.seldom))
        async let next = queue.next(in: .ingest)
        queue.close()
        #expect(try await next == nil)
        #expect(try await queue.next(in: .ingest) == nil)
        await #expect(throws: JobError.self) { try await queue.enqueue(.random(), lane: .ingest) }
    }
}
