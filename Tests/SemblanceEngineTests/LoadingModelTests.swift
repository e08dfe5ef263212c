import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Synchronization
import Testing

/// Ingestion while its model is still loading.
@Suite struct LoadingModelTests {
    /// The model comes only when half of the files have been looked at: far more than the five workers' batches of four.
    @Test(.timeLimit(.minutes(1))) func preparesFilesBeforeTheModelIsThere() async throws {
        let asked = Turnstile()
        let fixture = try EngineFixture(models: SlowModels { await asked.wait(for: 100) })
        await fixture.store.interfere { $0.onAsking = { asked.count($0) } }
        for number in 0..<200 { try fixture.write(number, to: "\(number).png") }
        #expect(try await fixture.index().progress == JobProgress(total: 200, done: 200))
        #expect(try await fixture.names().count == 200)
        let path = try fixture.write(17, to: "query.png")
        #expect(try await fixture.search(SearchTerm(.file(path: path)), limit: 1) == ["17.png"])
    }

    /// A worker that had lost the job commits what it had in hand while this one, who has read it already, waits.
    @Test func anUploadThatAnotherWorkerTakesInMeanwhileIsPassedOver() async throws {
        let taken = TakenUploads()
        let fixture = try EngineFixture(models: SlowModels { try taken.remove() })
        let work = try fixture.spool(numbers: 0..<6)
        guard case .spool(let listPath) = work.source else { return }
        taken.paths = Array(try SpoolList(path: listPath).uploads().map(\.path)[1...2])
        let job = try await fixture.run(.ingest(work))
        #expect(job.state == .succeeded && job.progress == JobProgress(total: 6, done: 4, skipped: 2))
        #expect(try await fixture.names() == ["upload-0.png", "upload-3.png", "upload-4.png", "upload-5.png"])
        #expect(try fixture.files.spooledPaths().isEmpty)
    }

    @Test(arguments: [0, 20]) func failsWithAModelThatCannotBeLoaded(fileCount: Int) async throws {
        let fixture = try EngineFixture(models: SlowModels { throw ModelError(.engineFailed, "No room.") })
        for number in 0..<fileCount { try fixture.write(number, to: "\(number).png") }
        let job = try await fixture.index()
        #expect(job.state == .failed)
        #expect(job.reasonCode == "model-engine-failed")
        #expect(job.progress.done == 0 && job.progress.failed == 0)
    }

    /// What was prepared is not embedded any more when a process is told to end.
    @Test(.timeLimit(.minutes(1))) func isInterruptedWhileTheModelLoads() async throws {
        let (asked, interrupted) = (Turnstile(), Turnstile())
        let fixture = try EngineFixture(models: SlowModels { await interrupted.wait(for: 1) })
        await fixture.store.interfere { $0.onAsking = { asked.count($0) } }
        for number in 0..<200 { try fixture.write(number, to: "\(number).png") }
        let engine = fixture.engine
        let job = try await engine.submit(
            .ingest(
                IngestWork(
                    catalogue: "default", modelID: "small",
                    source: .paths([fixture.folder.path], copies: false, prunes: false, metadataPath: nil))))
        let running = Task { try await engine.run(job.id) }
        await asked.wait(for: 1)
        running.cancel()
        interrupted.count(1)
        try await running.value
        #expect(try await engine.job(job.id.rawValue).state == .queued)
        #expect(try await fixture.names().isEmpty)
    }
}

/// Spool files that somebody else takes in.
private final class TakenUploads: Sendable {
    private let state = Mutex<[String]>([])

    var paths: [String] {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func remove() throws {
        for path in paths { try FileManager.default.removeItem(atPath: path) }
        paths = []
    }
}
