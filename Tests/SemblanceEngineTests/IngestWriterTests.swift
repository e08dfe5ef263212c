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
}
