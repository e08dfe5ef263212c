import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct ReembedTests {
    let fixture: EngineFixture

    init() async throws {
        fixture = try EngineFixture()
        for number in 0..<20 { try fixture.write(number, to: "\(number).png") }
        try await fixture.index()
    }

    private func reembed(
        to model: String = "smaller", switching: ReembedWork.Switch = .whenComplete, discards: Bool = false
    ) async throws -> Job {
        let work = try await fixture.engine.reembedWork(
            forCatalogue: "default", to: model, switching: switching, discards: discards)
        return try await fixture.run(.reembed(work))
    }

    private func model() async throws -> String { try await fixture.engine.catalogue(named: "default").modelID }

    private func counts() async throws -> [String: Int] {
        let counts = try await fixture.engine.embeddingCounts(ofCatalogue: "default")
        return Dictionary(uniqueKeysWithValues: counts.map { ($0.space.model.modelID, $0.count) })
    }

    private func failures(of job: Job) async throws -> [FileFailure] {
        try await fixture.engine.failures(of: job.id.rawValue)
    }

    private func nearest(_ number: Int, model: String? = nil) async throws -> SearchResponse {
        try await fixture.engine.search(
            SearchRequest(modelID: model, terms: [SearchTerm(.bytes(SmallImage.numbered(number)))], limit: 20))
    }

    @Test func embedsEveryImageThenSwitches() async throws {
        let job = try await reembed()
        #expect(job.state == .succeeded)
        #expect(job.progress == JobProgress(total: 20, done: 20))
        #expect(job.result?["switched"] == .bool(true))
        #expect(try await model() == "smaller")
        #expect(try await counts() == ["small": 20, "smaller": 20])
        let found = try await nearest(7)
        #expect(found.modelID == "smaller")
        #expect(found.matches.first?.image.name == "7.png")
        #expect(found.matches.count == 20)
        // The same vectors as an ingestion's.
        let other = try EngineFixture()
        try other.write(7, to: "7.png")
        try await other.index(model: "smaller")
        let image = try await other.engine.search(
            SearchRequest(terms: [SearchTerm(.bytes(SmallImage.numbered(3)))])
        ).matches.first
        let same = try await nearest(3).matches.first { $0.image.name == "7.png" }
        #expect(image?.score == same?.score)
    }

    /// By then all vectors are in, and nobody searches with the new model yet.
    @Test func buildsTheIndexAtTheEndOfAnIngestionAndBeforeASwitch() async throws {
        _ = try await reembed()
        for model in ["small", "smaller"] {
            let space = try await fixture.engine.embeddingCounts(ofCatalogue: "default").first {
                $0.space.model.modelID == model
            }?.space
            let index = try await fixture.indexes.index(for: try #require(space)) as? InMemoryVectorIndex
            #expect(try await #require(index).builds == [20])
        }
    }

    @Test func switchesBackWithoutEmbeddingAgain() async throws {
        _ = try await reembed()
        let job = try await reembed(to: "small")
        #expect(job.progress == JobProgress(total: 20, skipped: 20))
        #expect(try await model() == "small")
    }

    @Test func keepsTheModelIfAskedTo() async throws {
        let job = try await reembed(switching: .never)
        #expect(job.result?["switched"] == .bool(false))
        #expect(try await model() == "small")
        #expect(try await counts() == ["small": 20, "smaller": 20])
    }

    @Test func deletesTheOldEmbeddingsAfterTheSwitch() async throws {
        let job = try await reembed(discards: true)
        #expect(job.result?["discarded"] == .number(20))
        #expect(try await counts() == ["smaller": 20])
        #expect(try await nearest(7).matches.count == 20)
        #expect(try await nearest(7, model: "small").matches.isEmpty)
    }

    @Test func embedsWhatLacksThePresentVersionOfItsOwnModel() async throws {
        let catalogue = try await fixture.engine.catalogue(named: "default")
        // An earlier version of the model, of which embeddings are left.
        let old = EmbeddingSpace(
            catalogueID: catalogue.id, model: ModelVersion(modelID: "small", digest: "earlier", dimension: 3))
        let images = await fixture.store.images(in: catalogue.id, matching: nil, after: nil, limit: 5)
        let earlier = try #require(Embedding(normalising: [1, 2, 3]))
        _ = try await fixture.store.addEmbeddings(images.map { ($0.id, earlier) }, to: old)
        let embedder = try await SmallModels().embedder(for: "small")
        let present = EmbeddingSpace(catalogueID: catalogue.id, model: embedder.version)
        while await fixture.store.deleteEmbeddings(in: present, limit: 7) {}
        let job = try await reembed(to: "small", discards: true)
        #expect(job.progress == JobProgress(total: 20, done: 20))
        #expect(job.result?["discarded"] == .number(5))
        let left = await fixture.store.embeddingCounts(in: catalogue.id)
        #expect(left == [EmbeddingCount(space: present, count: 20)])
    }

    @Test func namesOriginalsThatAreGoneOrChangedAndDoesNotSwitch() async throws {
        try FileManager.default.removeItem(atPath: fixture.folder.path("3.png"))
        try fixture.write(500, to: "4.png")
        let job = try await reembed()
        #expect(job.state == .succeeded)
        #expect(job.progress == JobProgress(total: 20, done: 18, failed: 2))
        #expect(job.result?["switched"] == .bool(false))
        let failures = try await failures(of: job)
        #expect(Set(failures.map(\.path)) == [fixture.folder.path("3.png"), fixture.folder.path("4.png")])
        #expect(failures.allSatisfy { $0.code == "file-missing" && $0.message.contains("index its folder again") })
        #expect(try await model() == "small")
        // What the message says helps.
        try await fixture.index(prunes: true)
        let again = try await reembed()
        #expect(again.progress.done == 1 && again.progress.failed == 0)
        #expect(try await model() == "smaller")
    }

    @Test func readsStoredOriginals() async throws {
        for number in 0..<5 { try fixture.write(number, to: "copied/\(number).png") }
        try await fixture.index([fixture.folder.path("copied")], catalogue: "copies", copies: true)
        try FileManager.default.removeItem(atPath: fixture.folder.path("copied"))
        let work = try await fixture.engine.reembedWork(forCatalogue: "copies", to: "smaller")
        let job = try await fixture.run(.reembed(work))
        #expect(job.progress == JobProgress(total: 5, done: 5))
        #expect(try await fixture.engine.catalogue(named: "copies").modelID == "smaller")
    }

    @Test func switchesAnEmptyCatalogue() async throws {
        _ = try await fixture.engine.createCatalogue(named: "empty", modelID: "small")
        let work = try await fixture.engine.reembedWork(forCatalogue: "empty", to: "smaller")
        let job = try await fixture.run(.reembed(work))
        #expect(job.state == .succeeded)
        #expect(try await fixture.engine.catalogue(named: "empty").modelID == "smaller")
    }

    @Test func goesOnWhereAnEarlierRunStopped() async throws {
        let catalogue = try await fixture.engine.catalogue(named: "default")
        let embedder = try await SmallModels().embedder(for: "smaller")
        let space = EmbeddingSpace(catalogueID: catalogue.id, model: embedder.version)
        let images = await fixture.store.images(in: catalogue.id, matching: nil, after: nil, limit: 8)
        // As a process leaves it that dies between store and index.
        for image in images {
            let number = Int(image.name.dropLast(4)) ?? 0
            let embedding = try await fixture.engine.embedding.embed(
                SmallImage.numbered(number), region: nil, with: embedder)
            _ = try await fixture.store.addEmbeddings([(image.id, embedding)], to: space)
        }
        let job = try await reembed()
        #expect(job.progress == JobProgress(total: 20, done: 12, skipped: 8))
        #expect(try await nearest(2).matches.count == 20)
    }

    @Test func keepsWhatIsDoneWhenItIsCancelled() async throws {
        for number in 100..<900 { try fixture.write(number, to: "\(number).png") }
        try await fixture.index()
        let engine = fixture.engine
        let work = JobWork.reembed(try await engine.reembedWork(forCatalogue: "default", to: "smaller"))
        let job = try await engine.submit(work)
        let running = Task { try await engine.run(job.id) }
        _ = try await engine.waitForJob(job.id.rawValue, timeout: .seconds(50)) { $0.state != .queued }
        _ = try? await engine.cancelJob(job.id.rawValue)
        try await running.value
        let ended = try await engine.job(job.id.rawValue)
        // On a machine that is busy elsewhere it may have come to its end first.
        #expect(ended.state == .cancelled || ended.progress.done == 820)
        if ended.state == .cancelled { #expect(try await model() == "small") }
        let present = try await counts()["smaller"] ?? 0
        let again = try await fixture.run(work)
        #expect(again.progress == JobProgress(total: 820, done: 820 - present, skipped: present))
        #expect(try await model() == "smaller")
    }

    @Test func leavesAModelThatSomebodyChoseMeanwhile() async throws {
        let work = try await fixture.engine.reembedWork(forCatalogue: "default", from: "small", to: "small")
        _ = try await fixture.engine.useModel("smaller", ofCatalogue: "default", isForced: true)
        let job = try await fixture.run(.reembed(work))
        #expect(job.state == .failed)
        #expect(job.reasonCode == "model-changed-meanwhile")
        #expect(try await model() == "smaller")
    }

    @Test func usesAModelOnlyIfEveryImageHasAnEmbedding() async throws {
        let error = await #expect(throws: ModelError.self) {
            try await fixture.engine.useModel("smaller", ofCatalogue: "default")
        }
        #expect(error?.code == .embeddingsMissing)
        #expect(error?.message.contains("20 images of the catalogue have no embedding of 'smaller'") == true)
        #expect(try await model() == "small")
        _ = try await reembed(switching: .never)
        #expect(try await fixture.engine.useModel("smaller", ofCatalogue: "default").modelID == "smaller")
        let forced = try await fixture.engine.useModel("small", ofCatalogue: "default", isForced: true)
        #expect(forced.modelID == "small")
    }

    @Test func refusesWhatIsUnknownOrNotSo() async throws {
        let engine = fixture.engine
        await #expect(throws: ModelError.self) { try await engine.reembedWork(forCatalogue: "default", to: "none") }
        await #expect(throws: StoreError.self) { try await engine.reembedWork(forCatalogue: "none", to: "smaller") }
        let other = await #expect(throws: ModelError.self) {
            try await engine.reembedWork(forCatalogue: "default", from: "third", to: "smaller")
        }
        #expect(other?.message == "The model of catalogue 'default' is 'small', not 'third'.")
        await #expect(throws: ModelError.self) { try await engine.useModel("none", ofCatalogue: "default") }
        await #expect(throws: StoreError.self) { try await engine.useModel("small", ofCatalogue: "none") }
    }
}
