import SemblanceCore

/// Ingestions that go on while a catalogue's model is switched.
extension Engine {
    /// The model that an ingestion starts with.
    func modelID(of work: IngestWork) async throws -> String {
        guard work.followsCatalogue else { return work.modelID }
        do {
            return try await store.catalogue(named: work.catalogue).modelID
        } catch let error as StoreError where error.code == .unknownCatalogue {
            return work.modelID
        }
    }

    /// Embeds what an ingestion took in with a model that the catalogue has left meanwhile with the one it has now.
    func followSwitch(from modelID: String, in catalogue: Catalogue, reporter: IngestReporter) async throws {
        var embedded = modelID
        while true {
            let present = try await store.catalogue(named: catalogue.name)
            guard present.modelID != embedded else { return }
            let context = try await reembeddingContext(of: present, modelID: present.modelID)
            try await Reembedding(context: context, reporter: reporter, countsImages: false).run()
            embedded = present.modelID
        }
    }
}
