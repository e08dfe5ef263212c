import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// Two processes and the leases of their jobs.
@Suite(.postgres, .serialized) struct PostgresJobLeaseTests {
    private let fixture: PostgresFixture
    private let database: PostgresDatabase
    private let first: PostgresJobStore
    private let second: PostgresJobStore

    init() async throws {
        fixture = try await PostgresFixture()
        database = try await fixture.open()
        first = PostgresJobStore(database: database)
        second = PostgresJobStore(database: database)
    }

    private func started() async throws -> Job.ID {
        let job = Job(work: Samples.ingestion())
        try await first.insert(job)
        _ = try #require(try await first.start(job.id))
        return job.id
    }

    /// As if the process that has the job had stood still for longer than a lease.
    private func expire() async throws {
        try await database.write { try $0.script("UPDATE jobs SET lease_until = now() - interval '1 s'") }
    }

    private func expectLeaseLost(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: JobError.self, sourceLocation: sourceLocation) { try await body() }
        #expect(error?.code == .leaseLost, sourceLocation: sourceLocation)
    }

    @Test func aRunningJobIsLeftAloneUntilItsLeaseRunsOut() async throws {
        let id = try await started()
        #expect(try await second.start(id) == nil)
        #expect(try await second.unfinished(lane: .ingest, limit: 9).isEmpty)
        try await expire()
        #expect(try await second.unfinished(lane: .ingest, limit: 9) == [id])
        #expect(try await second.start(id)?.attempts == 2)
        #expect(try await first.start(id) == nil)
    }

    @Test func renewingKeepsAJob() async throws {
        let id = try await started()
        try await expire()
        #expect(try await first.renewLeases(of: [id]).isEmpty)
        #expect(try await second.start(id) == nil)
        try await first.finish(id, .succeeded(result: 1))
        #expect(try await second.job(id).state == .succeeded)
    }

    @Test func whoLostAJobIsToldAndWritesNothing() async throws {
        let id = try await started()
        #expect(try await !first.report(id, progress: JobProgress(total: 5), failures: []))
        try await expire()
        _ = try #require(try await second.start(id))
        #expect(try await !second.report(id, progress: JobProgress(total: 7), failures: []))
        await expectLeaseLost {
            let failure = FileFailure(path: "p", code: "c", message: "m")
            _ = try await first.report(id, progress: JobProgress(total: 6), failures: [failure])
        }
        await expectLeaseLost { try await first.finish(id, .failed(code: "c", reason: "r")) }
        await expectLeaseLost { try await first.finish(id, .interrupted) }
        #expect(try await first.renewLeases(of: [id]) == [id])
        let job = try await second.job(id)
        #expect(job.state == .running && job.progress.total == 7)
        #expect(try await second.failures(of: id, limit: 9, offset: 0).isEmpty)
        try await second.finish(id, .succeeded(result: 2))
        // It has ended: there is nothing to be told any more.
        try await first.finish(id, .succeeded(result: 1))
        #expect(try await first.job(id).result == 2)
    }

    @Test func aJobThatComesBackIsThisProcessesAgain() async throws {
        let id = try await started()
        try await expire()
        _ = try #require(try await second.start(id))
        await expectLeaseLost { _ = try await first.report(id, progress: JobProgress(), failures: []) }
        #expect(try await first.renewLeases(of: [id]) == [id])
        try await expire()
        #expect(try await first.start(id)?.attempts == 3)
        #expect(try await !first.report(id, progress: JobProgress(total: 1), failures: []))
        await expectLeaseLost { try await second.finish(id, .cancelled) }
        try await first.finish(id, .succeeded(result: 3))
    }

    @Test func aProcessNeverRunsAJobTwiceAtOnce() async throws {
        let id = try await started()
        try await expire()
        #expect(try await first.start(id) == nil)
        #expect(try await first.unfinished(lane: .ingest, limit: 9).isEmpty)
    }

    @Test func ofManyWhoStartAJobOneGetsIt() async throws {
        let job = Job(work: Samples.search())
        try await first.insert(job)
        let count = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                group.addTask { try await (number % 2 == 0 ? first : second).start(job.id) != nil }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(count == 1)
        #expect(try await first.job(job.id).attempts == 1)
    }

    @Test func aJobPutBackIsAnybodysAtOnce() async throws {
        let id = try await started()
        try await first.finish(id, .interrupted)
        #expect(try await second.start(id)?.attempts == 2)
    }
}
