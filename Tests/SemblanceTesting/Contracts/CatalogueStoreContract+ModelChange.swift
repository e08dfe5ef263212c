import SemblanceCore
import Testing

extension CatalogueStoreContract {
    static let modelChangeChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("lists the images that lack an embedding, page by page") {
            let (store, old) = ($0.store, try await $0.spaceWithImages(1...5))
            let new = Samples.space(in: old.catalogueID, modelID: "new")
            let ids = try await store.embeddedImages(in: old)
            _ = try await store.addEmbeddings([(ids[1], Samples.embedding(2))], to: new)
            let first = try await store.images(lacking: new, after: nil, limit: 2)
            #expect(first.map(\.id) == [ids[0], ids[2]])
            #expect(first.first?.hash == Samples.hash(1))
            let rest = try await store.images(lacking: new, after: first.last?.id, limit: 9)
            #expect(rest.map(\.id) == [ids[3], ids[4]])
            #expect(try await store.images(lacking: old, after: nil, limit: 9).isEmpty)
        },
        ContractCheck("gives each image one embedding of a space, and none to one that was deleted") {
            let (store, old) = ($0.store, try await $0.spaceWithImages(1...3))
            let new = Samples.space(in: old.catalogueID, digest: "newer")
            let ids = try await store.embeddedImages(in: old)
            _ = try await store.deleteImages([ids[2]])
            let all = ids.enumerated().map { ($1, Samples.embedding($0 + 10)) }
            #expect(try await store.addEmbeddings(all, to: new) == [ids[0], ids[1]])
            #expect(try await store.addEmbeddings([(ids[0], Samples.embedding(99))], to: new).isEmpty)
            #expect(try await store.embeddings(of: ids, in: new).first { $0.0 == ids[0] }?.1 == Samples.embedding(10))
            #expect(try await store.embeddings(of: [ids[0]], in: old).first?.1 == Samples.embedding(1))
            #expect(try await store.imageCount(in: old.catalogueID, matching: nil) == 2)
        },
        ContractCheck("gives no embedding to another catalogue's image, nor one of another dimension") {
            let (store, space) = ($0.store, try await $0.spaceWithImages(1...1))
            let other = try await store.createCatalogue(named: "other", modelID: "m")
            let ids = try await store.embeddedImages(in: space)
            let elsewhere = Samples.space(in: other.id)
            #expect(try await store.addEmbeddings([(ids[0], Samples.embedding(1))], to: elsewhere).isEmpty)
            let new = Samples.space(in: space.catalogueID, modelID: "new")
            await expectStoreError(.failed) {
                try await store.addEmbeddings([(ids[0], Samples.embedding(1, dimension: 3))], to: new)
            }
            let gone = Samples.space(in: Catalogue.ID(rawValue: 77))
            await expectStoreError(.unknownCatalogue) { try await store.addEmbeddings([], to: gone) }
        },
        ContractCheck("switches a catalogue's model only when no image lacks an embedding") {
            let (store, old) = ($0.store, try await $0.spaceWithImages(1...3))
            let new = Samples.space(in: old.catalogueID, modelID: "new")
            let ids = try await store.embeddedImages(in: old)
            #expect(try await store.switchModel(from: "m", to: new) == .lacking(3))
            _ = try await store.addEmbeddings(
                [(ids[0], Samples.embedding(1)), (ids[1], Samples.embedding(2))], to: new)
            #expect(try await store.switchModel(from: "m", to: new) == .lacking(1))
            #expect(try await store.catalogue(named: "c").modelID == "m")
            _ = try await store.deleteImages([ids[2]])
            #expect(try await store.switchModel(from: "m", to: new) == .switched)
            #expect(try await store.catalogue(named: "c").modelID == "new")
            #expect(try await store.switchModel(from: "m", to: new) == .switched)
        },
        ContractCheck("leaves a model that somebody else chose meanwhile") {
            let (store, old) = ($0.store, try await $0.spaceWithImages(1...1))
            let new = Samples.space(in: old.catalogueID, modelID: "new")
            let ids = try await store.embeddedImages(in: old)
            _ = try await store.addEmbeddings([(ids[0], Samples.embedding(1))], to: new)
            try await store.setModel("third", of: old.catalogueID)
            #expect(try await store.switchModel(from: "m", to: new) == .changedMeanwhile(modelID: "third"))
            #expect(try await store.catalogue(named: "c").modelID == "third")
        },
        ContractCheck("counts and deletes the embeddings of each version apart") {
            let (store, old) = ($0.store, try await $0.spaceWithImages(1...5))
            let newer = Samples.space(in: old.catalogueID, digest: "d2")
            _ = try await store.add([Samples.image(1), Samples.image(2)], to: newer)
            let both = [EmbeddingCount(space: old, count: 5), EmbeddingCount(space: newer, count: 2)]
            #expect(try await store.embeddingCounts(in: old.catalogueID) == both)
            #expect(try await store.deleteEmbeddings(in: old, limit: 3))
            #expect(try await store.embeddedImages(in: old).count == 2)
            #expect(try await store.deleteEmbeddings(in: old, limit: 3) == false)
            #expect(try await store.deleteEmbeddings(in: old, limit: 3) == false)
            #expect(try await store.embeddingCounts(in: old.catalogueID) == [both[1]])
            #expect(try await store.imageCount(in: old.catalogueID, matching: nil) == 5)
        },
    ]

    /// A catalogue `c` of model `m`, with images in one space.
    private func spaceWithImages(_ numbers: ClosedRange<Int>) async throws -> EmbeddingSpace {
        let catalogue = try await store.createCatalogue(named: "c", modelID: "m")
        let space = Samples.space(in: catalogue.id)
        _ = try await store.add(numbers.map { Samples.image($0) }, to: space)
        return space
    }
}
