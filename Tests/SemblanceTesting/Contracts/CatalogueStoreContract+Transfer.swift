import Foundation
import SemblanceCore
import Testing

extension CatalogueStoreContract {
    /// What backup, restore and migration ask.
    static let transferChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("lists the files that hold images") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let ids = try await store.add(
                [Samples.image(1, inPlace: "/a"), Samples.image(2, inPlace: "/b"), Samples.image(3)], to: space
            ).map(\.id)
            try await store.recordSources([(Samples.file("/z", version: 7), ids[0])], in: space.catalogueID)
            let found = try await store.sources(of: [ids[2], ids[0]]).sorted { $0.0.path < $1.0.path }
            #expect(found.map(\.0) == [Samples.file("/a"), Samples.file("/z", version: 7)])
            #expect(found.map(\.1) == [ids[0], ids[0]])
            #expect(try await store.sources(of: []).isEmpty)
        },
        ContractCheck("takes over when images and catalogues were made, to the microsecond") {
            let (store, space) = ($0.store, try await $0.makeSpace("c"))
            let ids = try await store.add([Samples.image(1), Samples.image(2)], to: space).map(\.id)
            let past = Date(timeIntervalSince1970: 1_600_000_000.123456)
            let gone = CatalogueImage.ID(rawValue: ids[1].rawValue + 1000)
            try await store.setCreationTimes([(ids[0], past), (gone, past)])
            try await store.setCreationTime(past, of: space.catalogueID)
            let images = try await store.images(ids)
            let times = Dictionary(uniqueKeysWithValues: images.map { ($0.id, $0.createdAt) })
            #expect(abs(times[ids[0]]!.timeIntervalSince(past)) < 1e-6)
            #expect(times[ids[1]]! > past)
            let catalogue = try await store.catalogue(named: "c")
            #expect(abs(catalogue.createdAt.timeIntervalSince(past)) < 1e-6)
        },
    ]
}
