import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Synchronization
import Testing

/// Searching and ingesting while a catalogue's model is changed.
@Suite(.timeLimit(.minutes(2))) struct ModelSwitchTests {
    let fixture: EngineFixture

    init() async throws {
        fixture = try EngineFixture()
        for number in 0..<60 { try fixture.write(number, to: "first/\(number).png") }
        try await fixture.index()
    }

    private final class End: Sendable {
        let hasCome = Atomic(false)
    }

    /// Searches until the end; each answer must be whole and of one model, and no search may fail.
    private func hammer(until end: End) async throws -> Set<String> {
        var models: Set<String> = []
        while !end.hasCome.load(ordering: .relaxed), !Task.isCancelled {
            let number = Int.random(in: 0..<60)
            let found = try await fixture.engine.search(
                SearchRequest(terms: [SearchTerm(.bytes(SmallImage.numbered(number)))], limit: 60))
            models.insert(found.modelID)
            #expect(found.matches.count == 60)
            // In a mixture of spaces the image itself would not be at exactly 1.
            #expect(found.matches.first.map { $0.score > 0.9999 } == true)
        }
        return models
    }

    @Test func searchesNeverFailOrMixModels() async throws {
        let engine = fixture.engine
        let end = End()
        let workers = Task { try await engine.runWorkers() }
        defer { workers.cancel() }
        let models = try await withThrowingTaskGroup(of: Set<String>.self) { group in
            for _ in 0..<3 { group.addTask { try await hammer(until: end) } }
            for round in 0..<6 {
                let work = try await engine.reembedWork(
                    forCatalogue: "default", to: round % 2 == 0 ? "smaller" : "small", discards: true)
                let job = try await engine.submit(.reembed(work))
                let ended = try await engine.waitForJob(job.id.rawValue, timeout: .seconds(60))
                #expect(ended.state == .succeeded)
                #expect(ended.result?["switched"] == .bool(true))
            }
            end.hasCome.store(true, ordering: .relaxed)
            var models: Set<String> = []
            for try await seen in group { models.formUnion(seen) }
            return models
        }
        #expect(models == ["small", "smaller"])
    }

    @Test func embedsWhatComesInMeanwhile() async throws {
        let engine = fixture.engine
        for number in 60..<120 { try fixture.write(number, to: "second/\(number).png") }
        let work = IngestWork(
            catalogue: "default", modelID: "small",
            source: .paths([fixture.folder.path("second")], copies: false, prunes: false, metadataPath: nil),
            followsCatalogue: true)
        let reembedding = try await engine.submit(
            .reembed(try await engine.reembedWork(forCatalogue: "default", to: "smaller")))
        let ingestion = try await engine.submit(.ingest(work))
        async let first: Void = engine.run(reembedding.id)
        async let second: Void = engine.run(ingestion.id)
        _ = try await (first, second)
        #expect(try await engine.job(reembedding.id.rawValue).result?["switched"] == .bool(true))
        #expect(try await engine.catalogue(named: "default").modelID == "smaller")
        let counts = try await engine.embeddingCounts(ofCatalogue: "default")
        #expect(counts.first { $0.space.model.modelID == "smaller" }?.count == 120)
        let found = try await engine.search(
            SearchRequest(terms: [SearchTerm(.bytes(SmallImage.numbered(90)))], limit: 200))
        #expect(found.matches.count == 120)
    }

    @Test func ingestsWithTheModelThatTheCatalogueHasWhenTheJobRuns() async throws {
        let engine = fixture.engine
        try fixture.write(200, to: "third/200.png")
        let source = IngestWork.Source.paths(
            [fixture.folder.path("third")], copies: false, prunes: false, metadataPath: nil)
        let following = try await engine.submit(
            .ingest(IngestWork(catalogue: "default", modelID: "small", source: source, followsCatalogue: true)))
        let reembedded = try await fixture.run(
            .reembed(try await engine.reembedWork(forCatalogue: "default", to: "smaller")))
        #expect(reembedded.state == .succeeded)
        try await engine.run(following.id)
        #expect(try await engine.job(following.id.rawValue).result?["model"] == "smaller")
        let found = try await engine.search(
            SearchRequest(terms: [SearchTerm(.bytes(SmallImage.numbered(200)))], limit: 1))
        #expect(found.matches.first?.image.name == "200.png")
    }

    @Test func aModelThatIsNamedStays() async throws {
        try fixture.write(201, to: "201.png")
        let job = try await fixture.index([fixture.folder.path("201.png")], model: "smaller")
        #expect(job.result?["model"] == "smaller")
        #expect(try await fixture.engine.catalogue(named: "default").modelID == "small")
    }

    @Test func readsJobsOfEarlierVersions() throws {
        let work = IngestWork(catalogue: "c", modelID: "m", source: .urls(["http://a"]), followsCatalogue: true)
        let data = try JSONEncoder().encode(work)
        #expect(try JSONDecoder().decode(IngestWork.self, from: data) == work)
        guard var members = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            Issue.record("expected an object")
            return
        }
        members["followsCatalogue"] = nil
        let earlier = try JSONSerialization.data(withJSONObject: members)
        #expect(try JSONDecoder().decode(IngestWork.self, from: earlier).followsCatalogue == false)
    }
}
