import Foundation
import SemblanceCore
import Testing

/// What every `CatalogueStore` promises.
public struct CatalogueStoreContract: Sendable {
    /// An empty store.
    let store: any CatalogueStore
    /// The same store as the next process sees it.
    let reopen: @Sendable () async throws -> any CatalogueStore

    public init(store: any CatalogueStore, reopen: @escaping @Sendable () async throws -> any CatalogueStore) {
        self.store = store
        self.reopen = reopen
    }

    public static let checks: [ContractCheck<CatalogueStoreContract>] =
        catalogueChecks + imageChecks + metadataChecks + sourceChecks + embeddingChecks + modelChangeChecks
        + transferChecks

    static let catalogueChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("finds catalogues by name and lists them in the order they were made") {
            let store = $0.store
            let names = ["zebra", "default", "Möbel"]
            for name in names { _ = try await store.createCatalogue(named: name, modelID: "m") }
            #expect(try await store.catalogues().map(\.name) == names)
            #expect(try await store.catalogue(named: "default").modelID == "m")
            #expect(try await store.catalogue(named: "Mo\u{308}bel").name == "Möbel")
        },
        ContractCheck("refuses a second catalogue of one name") {
            let store = $0.store
            _ = try await store.createCatalogue(named: "twice", modelID: "m")
            await expectStoreError(.catalogueExists) { try await store.createCatalogue(named: "twice", modelID: "n") }
            #expect(try await store.catalogues().count == 1)
        },
        ContractCheck("says that a catalogue is unknown") {
            let store = $0.store
            let gone = Catalogue.ID(rawValue: 77)
            _ = try await store.createCatalogue(named: "here", modelID: "m")
            for name in ["", "nowhere", "here\0", "here ", "' OR 1=1 --"] {
                await expectStoreError(.unknownCatalogue) { try await store.catalogue(named: name) }
            }
            await expectStoreError(.unknownCatalogue) { try await store.deleteCatalogue(gone) }
            await expectStoreError(.unknownCatalogue) { try await store.setModel("m", of: gone) }
            await expectStoreError(.unknownCatalogue) { try await store.statistics(of: gone) }
            await expectStoreError(.unknownCatalogue) {
                try await store.add([Samples.image(1)], to: Samples.space(in: gone))
            }
        },
        ContractCheck("changes a catalogue's model") {
            let catalogue = try await $0.store.createCatalogue(named: "c", modelID: "old")
            try await $0.store.setModel("new", of: catalogue.id)
            #expect(try await $0.store.catalogue(named: "c").modelID == "new")
        },
        ContractCheck("keeps the keys that a catalogue declares filterable") { contract in
            let store = contract.store
            let keys = ["Möbel.\u{1F6CB}", "maker.country", "price"]
            let made = try await store.createCatalogue(named: "c", modelID: "m", filterableKeys: keys)
            #expect(made.filterableKeys == keys)
            #expect(try await store.catalogue(named: "c") == made)
            try await store.setModel("n", of: made.id)
            #expect(try await store.catalogue(named: "c").filterableKeys == keys)
            try await store.setFilterableKeys(["price"], of: made.id)
            #expect(try await store.catalogues().map(\.filterableKeys) == [["price"]])
            try await store.setFilterableKeys([], of: made.id)
            #expect(try await store.catalogue(named: "c").filterableKeys == [])
            #expect(try await store.createCatalogue(named: "d", modelID: "m").filterableKeys == [])
            await expectStoreError(.unknownCatalogue) {
                try await store.setFilterableKeys([], of: Catalogue.ID(rawValue: 77))
            }
            try await store.setFilterableKeys(keys, of: made.id)
            // The store that was open is not to be used after this.
            #expect(try await contract.reopen().catalogue(named: "c").filterableKeys == keys)
        },
        ContractCheck("deletes a catalogue with all it holds and never uses its number again") {
            let store = $0.store
            let catalogue = try await store.createCatalogue(named: "c", modelID: "m")
            let space = Samples.space(in: catalogue.id)
            _ = try await store.add([Samples.image(1), Samples.image(2, inPlace: "/a")], to: space)
            let orphans = try await store.deleteCatalogue(catalogue.id)
            #expect(Set(orphans) == [Samples.hash(1), Samples.hash(2)])
            #expect(try await store.embeddedImages(in: space).isEmpty)
            let next = try await store.createCatalogue(named: "c", modelID: "m")
            #expect(next.id != catalogue.id)
            #expect(try await store.imageCount(in: next.id, matching: nil) == 0)
            #expect(try await store.sourcePaths(in: next.id, under: "/", after: nil, limit: 9).isEmpty)
        },
        ContractCheck("counts images, bytes and embeddings") {
            let store = $0.store
            let catalogue = try await store.createCatalogue(named: "c", modelID: "m")
            let space = Samples.space(in: catalogue.id)
            let newer = Samples.space(in: catalogue.id, digest: "newer")
            let other = Samples.space(in: catalogue.id, modelID: "other")
            #expect(
                try await store.statistics(of: catalogue.id)
                    == CatalogueStatistics(imageCount: 0, byteCount: 0, embeddingCounts: [:]))
            _ = try await store.add((1...5).map { Samples.image($0) }, to: space)
            _ = try await store.add((4...6).map { Samples.image($0) }, to: newer)
            _ = try await store.add((1...2).map { Samples.image($0) }, to: other)
            let statistics = try await store.statistics(of: catalogue.id)
            #expect(statistics.imageCount == 6)
            #expect(statistics.byteCount == (1...6).reduce(0) { $0 + Samples.image($1).byteCount })
            // Six images, two of them embedded by two versions of one model.
            #expect(statistics.embeddingCounts == ["m": 6, "other": 2])
        },
        ContractCheck("is all there after reopening") { contract in
            let catalogue = try await contract.store.createCatalogue(named: "c", modelID: "m")
            let space = Samples.space(in: catalogue.id)
            let added = try await contract.store.add([Samples.image(1, inPlace: "/a/1.jpg")], to: space)
            let before = try await contract.store.image(Samples.hash(1), in: catalogue.id)
            let store = try await contract.reopen()
            #expect(try await store.catalogue(named: "c").id == catalogue.id)
            #expect(try await store.image(Samples.hash(1), in: catalogue.id) == before)
            #expect(try await store.embeddings(of: added.map(\.id), in: space).first?.1 == Samples.embedding(1))
            #expect(try await store.unchanged([Samples.file("/a/1.jpg")], in: space).map(\.?.id) == [added[0].id])
        },
    ]
}

/// Runs `body` and expects a store error with this code.
func expectStoreError<Value>(
    _ code: StoreError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async {
    do {
        _ = try await body()
        Issue.record("expected '\(code.rawValue)', not success", sourceLocation: sourceLocation)
    } catch let error as StoreError {
        #expect(error.code == code, sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected '\(code.rawValue)', not \(error)", sourceLocation: sourceLocation)
    }
}
