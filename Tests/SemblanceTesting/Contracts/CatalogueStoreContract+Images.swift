import Foundation
import SemblanceCore
import Testing

extension CatalogueStoreContract {
    /// A catalogue and its space.
    func makeSpace(_ name: String = "c") async throws -> EmbeddingSpace {
        Samples.space(in: try await store.createCatalogue(named: name, modelID: "m").id)
    }

    static let imageChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("gives back images as they were added, in the order given") {
            let space = try await $0.makeSpace()
            let start = Date()
            let metadata: JSONValue = ["name": "a \0 \"quoted\" 日本 é", "list": [1, 2.5, .null], "deep": ["x": true]]
            let images = [
                Samples.image(3, inPlace: "/a/b c.jpg", metadata: metadata), Samples.image(1), Samples.image(2),
            ]
            let added = try await $0.store.add(images, to: space)
            #expect(added.map(\.isNewEmbedding) == [true, true, true])
            for (added, image) in zip(added, images) {
                let found = try await $0.store.image(image.hash, in: space.catalogueID)
                #expect(found.id == added.id)
                #expect(found.catalogueID == space.catalogueID)
                #expect(found.hash == image.hash)
                #expect(found.name == image.name)
                #expect(found.location == image.location)
                #expect(found.header == image.header)
                #expect(found.byteCount == image.byteCount)
                #expect(found.metadata == image.metadata)
                #expect(abs(found.createdAt.timeIntervalSince(start)) < 60)
            }
            #expect(Set(try await $0.store.images(added.map(\.id)).map(\.id)) == Set(added.map(\.id)))
        },
        ContractCheck("gives an image with its embedding") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let newer = Samples.space(in: space.catalogueID, digest: "newer")
            let added = try await store.add([Samples.image(1), Samples.image(2)], to: space)
            for (number, added) in zip(1...2, added) {
                let (image, embedding) = try await store.image(Samples.hash(number), embeddedIn: space)
                #expect(image == (try await store.image(Samples.hash(number), in: space.catalogueID)))
                #expect(image.id == added.id && embedding == Samples.image(number).embedding)
                #expect(try await store.image(Samples.hash(number), embeddedIn: newer).1 == nil)
            }
            _ = try await store.add([Samples.image(2)], to: newer)
            #expect(try await store.image(Samples.hash(1), embeddedIn: newer).1 == nil)
            #expect(try await store.image(Samples.hash(2), embeddedIn: newer).1 != nil)
            for space in [space, newer] {
                await expectStoreError(.unknownImage) { try await store.image(Samples.hash(3), embeddedIn: space).0 }
            }
            // A space that is left and entered again is another table.
            while try await store.deleteEmbeddings(in: newer, limit: 10) {}
            #expect(try await store.image(Samples.hash(2), embeddedIn: newer).1 == nil)
            _ = try await store.add([Samples.image(1)], to: newer)
            #expect(try await store.image(Samples.hash(1), embeddedIn: newer).1 != nil)
        },
        ContractCheck("an image that is added again gets what it lacks") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let first = try await store.add([Samples.image(1, inPlace: "/a", metadata: ["a": 1, "b": 1])], to: space)
            let again = try await store.add([Samples.image(1, inPlace: "/b", metadata: ["b": 2, "c": 2])], to: space)
            #expect(again == [AddedImage(id: first[0].id, isNewEmbedding: false)])
            let image = try await store.image(Samples.hash(1), in: space.catalogueID)
            #expect(image.metadata == ["a": 1, "b": 2, "c": 2])
            #expect(image.location == .inPlace(path: "/a"))
            let paths = try await store.sourcePaths(in: space.catalogueID, under: "/", after: nil, limit: 9)
            #expect(paths.map(\.path) == ["/a", "/b"])
            let found = try await store.images(matching: .compare(path: ["b"], .equal, 2), in: space.catalogueID)
            #expect(found == [first[0].id])
            let newer = Samples.space(in: space.catalogueID, digest: "newer")
            #expect(try await store.add([Samples.image(1)], to: newer).map(\.isNewEmbedding) == [true])
            #expect(try await store.embeddedImages(in: newer) == [first[0].id])
        },
        ContractCheck("an image that is stored later is stored from then on") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            _ = try await store.add([Samples.image(1, inPlace: "/a")], to: space)
            _ = try await store.add([Samples.image(1)], to: space)
            #expect(try await store.image(Samples.hash(1), in: space.catalogueID).location == .stored)
            _ = try await store.add([Samples.image(1, inPlace: "/b")], to: space)
            #expect(try await store.image(Samples.hash(1), in: space.catalogueID).location == .stored)
            try await store.forgetSources(["/a", "/b"], in: space.catalogueID)
            #expect(try await store.abandonedImages(in: space.catalogueID).isEmpty)
        },
        ContractCheck("the same bytes twice in one call are one image") {
            let space = try await $0.makeSpace()
            let added = try await $0.store.add([Samples.image(1), Samples.image(2), Samples.image(1)], to: space)
            #expect(added[0].id == added[2].id)
            #expect(added.map(\.isNewEmbedding) == [true, true, false])
            #expect(try await $0.store.imageCount(in: space.catalogueID, matching: nil) == 2)
        },
        ContractCheck("a call that fails leaves nothing behind") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let images = [Samples.image(1), Samples.image(2, dimension: Samples.dimension + 1)]
            await expectStoreError(.failed) { try await store.add(images, to: space) }
            #expect(try await store.imageCount(in: space.catalogueID, matching: nil) == 0)
            #expect(try await store.embeddedImages(in: space).isEmpty)
        },
        ContractCheck("catalogues know nothing of each other") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let other = try await $0.makeSpace("other")
            let first = try await store.add([Samples.image(1, inPlace: "/a", metadata: ["a": 1])], to: space)
            let second = try await store.add([Samples.image(1, inPlace: "/a", metadata: ["a": 2])], to: other)
            #expect(first[0].id != second[0].id)
            #expect(second[0].isNewEmbedding)
            #expect(try await store.image(Samples.hash(1), in: space.catalogueID).metadata == ["a": 1])
            _ = try await store.deleteImages([first[0].id])
            #expect(try await store.unchanged([Samples.file("/a")], in: other).map(\.?.id) == [second[0].id])
            #expect(try await store.unchanged([Samples.file("/a")], in: space).map(\.?.id) == [nil])
        },
        ContractCheck("names files to delete only when nothing needs them") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let other = try await $0.makeSpace("other")
            let first = try await store.add(
                [Samples.image(1), Samples.image(2), Samples.image(3, inPlace: "/3")], to: space)
            let second = try await store.add([Samples.image(1), Samples.image(2, inPlace: "/2")], to: other)
            #expect(try await store.unused((1...4).map(Samples.hash)) == [Samples.hash(3), Samples.hash(4)])
            // 1 is still stored for the other catalogue; of 2 it needs no stored file; 3 leaves a thumbnail behind.
            #expect(Set(try await store.deleteImages(first.map(\.id))) == [Samples.hash(2), Samples.hash(3)])
            #expect(Set(try await store.deleteCatalogue(other.catalogueID)) == [Samples.hash(1), Samples.hash(2)])
            #expect(try await store.images(second.map(\.id)).isEmpty)
        },
        ContractCheck("deleted images are gone from everywhere, and their numbers are never used again") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add(
                [Samples.image(1, inPlace: "/1", metadata: ["a": 1]), Samples.image(2)], to: space)
            let unknown = CatalogueImage.ID(rawValue: 99_999)
            _ = try await store.deleteImages([added[0].id, unknown, added[0].id])
            await expectStoreError(.unknownImage) { try await store.image(Samples.hash(1), in: space.catalogueID) }
            _ = try await store.mergeMetadata([MetadataPatch(added[0].id, ["a": 2])])
            #expect(try await store.embeddedImages(in: space) == [added[1].id])
            #expect(try await store.known([Samples.hash(1)], in: space).isEmpty)
            #expect(try await store.unchanged([Samples.file("/1")], in: space).map(\.?.id) == [nil])
            #expect(try await store.images(matching: .exists(path: ["a"], true), in: space.catalogueID).isEmpty)
            _ = try await store.deleteImages([added[1].id])
            let again = try await store.add([Samples.image(1)], to: space)
            #expect(again[0].id > added[1].id)
        },
        ContractCheck("gives any number of images at once, each once") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add((1...300).map { Samples.image($0) }, to: space).map(\.id)
            let gone = (0..<10_000).map { CatalogueImage.ID(rawValue: 1_000_000 + $0) }
            let found = try await store.images(gone + added + added + gone)
            #expect(found.count == 300)
            #expect(Set(found.map(\.id)) == Set(added))
            #expect(try await store.images([]).isEmpty)
        },
        ContractCheck("finds hashes by their first digits") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let other = try await $0.makeSpace("other")
            _ = try await store.add((1...60).map { Samples.image($0) }, to: space)
            _ = try await store.add([Samples.image(99)], to: other)
            let all = (1...60).map(Samples.hash).sorted()
            for digits in ["0", "f", "a7", String(all[30].hexadecimal.prefix(9)), all[30].hexadecimal] {
                let expected = all.filter { $0.hexadecimal.hasPrefix(digits) }
                #expect(
                    try await store.hashes(startingWith: digits, in: space.catalogueID, limit: 99) == expected)
                #expect(
                    try await store.hashes(startingWith: digits, in: space.catalogueID, limit: 1)
                        == Array(expected.prefix(1)))
            }
            let foreign = [Samples.hash(99).hexadecimal, all[3].hexadecimal + "0", "", "g", "%", "a'"]
            for digits in foreign {
                #expect(try await store.hashes(startingWith: digits, in: space.catalogueID, limit: 9).isEmpty)
            }
        },
        ContractCheck("pages hold every image once, in the order of their numbers") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let other = try await $0.makeSpace("other")
            for number in 1...7 {
                _ = try await store.add([Samples.image(number, metadata: ["odd": .bool(number % 2 == 1)])], to: space)
                _ = try await store.add([Samples.image(number)], to: other)
            }
            for filter: MetadataFilter? in [nil, .compare(path: ["odd"], .equal, true)] {
                var seen: [CatalogueImage.ID] = []
                while case let page = try await store.images(
                    in: space.catalogueID, matching: filter, after: seen.last, limit: 3), !page.isEmpty
                {
                    #expect(page.count <= 3)
                    seen += page.map(\.id)
                }
                #expect(seen == seen.sorted())
                #expect(Set(seen).count == seen.count)
                #expect(seen.count == (filter == nil ? 7 : 4))
                #expect(try await store.imageCount(in: space.catalogueID, matching: filter) == seen.count)
            }
        },
        ContractCheck("adding the same images from many tasks keeps each once") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let fresh = try await withThrowingTaskGroup(of: Int.self) { group in
                for start in 0..<8 {
                    group.addTask {
                        let images = (0..<16).map { Samples.image(($0 + start * 4) % 32) }
                        return try await store.add(images, to: space).count(where: \.isNewEmbedding)
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(fresh == 32)
            #expect(try await store.embeddedImages(in: space).count == 32)
            #expect(try await store.imageCount(in: space.catalogueID, matching: nil) == 32)
        },
    ]
}
