import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite struct IngestWriterTests {
    /// Many workers hand over files much faster than they are written when the job is cancelled: nobody must wait for ever.
    @Test(.timeLimit(.minutes(1))) func endsWhenItIsCancelledUnderLoad() async throws {
        let fixture = try EngineFixture(configuration: EngineConfiguration(workerThreadCount: 8, batchSize: 64))
        for number in 0..<3000 { try fixture.folder.write(Array("text \(number)".utf8), to: "\(number).png") }
        let engine = fixture.engine
        let job = try await engine.submit(
            .ingest(
                IngestWork(
                    catalogue: "default", modelID: "small",
                    source: .paths([fixture.folder.path], copies: false, prunes: false, metadataPath: nil))))
        let running = Task { try await engine.run(job.id) }
        _ = try await engine.waitForJob(job.id.rawValue, timeout: .seconds(30)) { $0.state == .running }
        _ = try? await engine.cancelJob(job.id.rawValue)
        try await running.value
        #expect(try await engine.job(job.id.rawValue).state.isFinal)
    }

    /// The disk is full while every worker waits for room at the writer: the job ends with the reason.
    @Test(.timeLimit(.minutes(1))) func endsWithTheErrorOfAStoreThatFailsWhileItsQueueIsFull() async throws {
        let fixture = try EngineFixture(configuration: EngineConfiguration(workerThreadCount: 4, batchSize: 64))
        for number in 0..<1500 { try fixture.write(number, to: "\(number).png") }
        let asked = Turnstile()
        await fixture.store.interfere {
            $0.onAsking = { asked.count($0) }
            $0.beforeAdding = {
                // Nine workers hold 64 images each; one writes, four batches fill the waiting room, four wait.
                await asked.wait(for: 9 * 64)
                throw StoreError(.diskFull, "The disk is full.")
            }
        }
        let job = try await fixture.index()
        #expect(job.state == .failed)
        #expect(job.reasonCode == "disk-full")
        #expect(try await fixture.names().isEmpty)
        // With room again, the next run takes in everything.
        await fixture.store.interfere { $0 = .init() }
        #expect(try await fixture.index().progress == JobProgress(total: 1500, done: 1500))
    }

    /// What gathers while a transaction is under way goes into the next, however many batches it came in.
    @Test(.timeLimit(.minutes(1))) func oneTransactionTakesManyBatches() async throws {
        let fixture = try EngineFixture()
        for number in 0..<200 { try fixture.write(number, to: "\(number).png") }
        let (asked, added) = (Turnstile(), Turnstile())
        await fixture.store.interfere {
            $0.onAsking = { asked.count($0) }
            $0.beforeAdding = {
                added.count(1)
                await asked.wait(for: 200)
            }
        }
        #expect(try await fixture.index().progress.done == 200)
        // Fifty batches of four, of which five workers may not have handed over theirs yet.
        #expect(added.total <= 8)
    }
}
