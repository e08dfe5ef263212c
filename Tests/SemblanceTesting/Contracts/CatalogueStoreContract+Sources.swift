import SemblanceCore
import Testing

extension CatalogueStoreContract {
    static let sourceChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("recognises unchanged files by path, size and time, in the order given") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add(
                [Samples.image(1, inPlace: "/a"), Samples.image(2, inPlace: "/b")], to: space
            ).map(\.id)
            let files = [Samples.file("/c"), Samples.file("/b"), Samples.file("/a"), Samples.file("/b", version: 2)]
            #expect(try await store.unchanged(files, in: space).map(\.?.id) == [nil, added[1], added[0], nil])
            let newer = Samples.space(in: space.catalogueID, digest: "newer")
            #expect(try await store.unchanged(files, in: newer).map(\.?.id) == [nil, nil, nil, nil])
            _ = try await store.add([Samples.image(1)], to: newer)
            #expect(try await store.unchanged(files, in: newer).map(\.?.id) == [nil, nil, added[0], nil])
        },
        ContractCheck("tells apart paths that only look alike") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let (composed, decomposed) = ("/\u{E9}.jpg", "/e\u{301}.jpg")
            let first = try await store.add([Samples.image(1, inPlace: composed)], to: space)[0].id
            let files = [Samples.file(decomposed), Samples.file(composed)]
            #expect(try await store.unchanged(files, in: space).map(\.?.id) == [nil, first])
            let second = try await store.add([Samples.image(2, inPlace: decomposed)], to: space)[0].id
            #expect(try await store.unchanged(files, in: space).map(\.?.id) == [second, first])
            #expect(try await store.abandonedImages(in: space.catalogueID).isEmpty)
        },
        ContractCheck("knows hashes, and which of them are embedded") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add([Samples.image(1)], to: space)
            let hashes = [Samples.hash(1), Samples.hash(2)]
            #expect(
                try await store.known(hashes, in: space)
                    == [Samples.hash(1): KnownImage(id: added[0].id, hasEmbedding: true, isStored: true)])
            let newer = Samples.space(in: space.catalogueID, digest: "newer")
            #expect(
                try await store.known(hashes, in: newer)
                    == [Samples.hash(1): KnownImage(id: added[0].id, hasEmbedding: false, isStored: true)])
        },
        ContractCheck("tells whose originals are stored") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let images = [Samples.image(1, inPlace: "/a"), Samples.image(2, source: Samples.file("/b"))]
            let ids = try await store.add(images, to: space).map(\.id)
            let expected = [
                KnownImage(id: ids[0], hasEmbedding: true, isStored: false),
                KnownImage(id: ids[1], hasEmbedding: true, isStored: true),
            ]
            #expect(try await store.unchanged([Samples.file("/a"), Samples.file("/b")], in: space) == expected)
            let known = try await store.known([Samples.hash(1), Samples.hash(2)], in: space)
            #expect([known[Samples.hash(1)], known[Samples.hash(2)]] == expected)
        },
        ContractCheck("a file with other bytes abandons the image it held") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let old = try await store.add([Samples.image(1, inPlace: "/a")], to: space)[0].id
            #expect(try await store.abandonedImages(in: space.catalogueID).isEmpty)
            let file = Samples.file("/a", version: 2)
            let new = try await store.add([Samples.image(2, inPlace: "/a", source: file)], to: space)[0].id
            #expect(try await store.abandonedImages(in: space.catalogueID) == [old])
            #expect(try await store.unchanged([file], in: space).map(\.?.id) == [new])
            _ = try await store.deleteImages([old])
            #expect(try await store.unchanged([file], in: space).map(\.?.id) == [new])
        },
        ContractCheck("an image with another source, or a stored one, is not abandoned: it moves") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add(
                [Samples.image(1, inPlace: "/a"), Samples.image(2, inPlace: "/s")], to: space)
            _ = try await store.add(
                [Samples.image(1, inPlace: "/b"), Samples.image(2, source: Samples.file("/s"))], to: space)
            try await store.recordSources(
                [(Samples.file("/a", version: 2), added[1].id), (Samples.file("/s", version: 2), added[0].id)],
                in: space.catalogueID)
            #expect(try await store.abandonedImages(in: space.catalogueID).isEmpty)
            #expect(try await store.image(Samples.hash(1), in: space.catalogueID).location == .inPlace(path: "/b"))
        },
        ContractCheck("files that changed places within one call abandon nothing") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            _ = try await store.add([Samples.image(1, inPlace: "/a"), Samples.image(2, inPlace: "/b")], to: space)
            let swapped = [
                Samples.image(2, inPlace: "/a", source: Samples.file("/a", version: 2)),
                Samples.image(1, inPlace: "/b", source: Samples.file("/b", version: 2)),
            ]
            _ = try await store.add(swapped, to: space)
            #expect(try await store.abandonedImages(in: space.catalogueID).isEmpty)
            #expect(try await store.image(Samples.hash(1), in: space.catalogueID).location == .inPlace(path: "/b"))
            #expect(try await store.image(Samples.hash(2), in: space.catalogueID).location == .inPlace(path: "/a"))
        },
        ContractCheck("records sources of known images, and leaves out images that are gone") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add(
                [Samples.image(1, inPlace: "/a"), Samples.image(2, inPlace: "/b")], to: space)
            let gone = CatalogueImage.ID(rawValue: 99_999)
            try await store.recordSources(
                [
                    (Samples.file("/b", version: 2), added[0].id), (Samples.file("/c"), added[0].id),
                    (Samples.file("/gone"), gone),
                ], in: space.catalogueID)
            #expect(try await store.abandonedImages(in: space.catalogueID) == [added[1].id])
            let files = [Samples.file("/c"), Samples.file("/gone")]
            #expect(try await store.unchanged(files, in: space).map(\.?.id) == [added[0].id, nil])
        },
        ContractCheck("lists the paths at and below a folder, and no others, in order") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let paths = ["/p", "/p!/x", "/p/a", "/p/a/b", "/p/é", "/p0", "/p0/c", "/P/a", "/p/%", "/p/_x"]
            _ = try await store.add(paths.enumerated().map { Samples.image($0.offset, inPlace: $0.element) }, to: space)
            let below = ["/p", "/p/%", "/p/_x", "/p/a", "/p/a/b", "/p/é"]
            for folder in ["/p", "/p/"] {
                var seen: [String] = []
                while case let page = try await store.sourcePaths(
                    in: space.catalogueID, under: folder, after: seen.last, limit: 2), !page.isEmpty
                {
                    seen += page.map(\.path)
                }
                #expect(seen == below, "\(folder)")
            }
            #expect(
                try await store.sourcePaths(in: space.catalogueID, under: "/p/a", after: nil, limit: 9).map(\.path) == [
                    "/p/a", "/p/a/b",
                ])
            #expect(
                try await store.sourcePaths(in: space.catalogueID, under: "/", after: nil, limit: 99).count
                    == paths.count)
        },
        ContractCheck("forgotten paths abandon images left in place") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add(
                [
                    Samples.image(1, inPlace: "/a"), Samples.image(2, source: Samples.file("/b")),
                    Samples.image(3, inPlace: "/c"),
                ], to: space)
            try await store.recordSources([(Samples.file("/d"), added[2].id)], in: space.catalogueID)
            try await store.forgetSources(["/a", "/b", "/c", "/nowhere"], in: space.catalogueID)
            #expect(try await store.abandonedImages(in: space.catalogueID) == [added[0].id])
            #expect(try await store.image(Samples.hash(3), in: space.catalogueID).location == .inPlace(path: "/d"))
            try await store.forgetSources(["/d"], in: space.catalogueID)
            #expect(try await store.abandonedImages(in: space.catalogueID) == [added[0].id, added[2].id])
        },
        ContractCheck("paths and members' names may be as long as a system allows") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            // Text that cannot be packed; the two differ at their ends only.
            let stem = "/long/" + (0..<30).map { Samples.hash($0).hexadecimal + "/" }.joined()
            let (folder, name) = (stem + Samples.hash(31).hexadecimal, Samples.hash(32).hexadecimal)
            let paths = ["\(folder)/\(name)1.jpg", "\(folder)/\(name)2.jpg", "/short/\(name).jpg"]
            let key = stem + stem + stem
            let images = paths.enumerated().map { number, path in
                Samples.image(number, inPlace: path, metadata: .object([key + "\(number)": .number(Double(number))]))
            }
            let ids = try await store.add(images, to: space).map(\.id)
            #expect(try await store.unchanged(paths.map { Samples.file($0) }, in: space).map(\.?.id) == ids)
            #expect(
                try await store.images(matching: .exists(path: [key + "1"], true), in: space.catalogueID) == [ids[1]])
            var found: [String] = []
            while let page = try await store.sourcePaths(
                in: space.catalogueID, under: folder, after: found.last, limit: 1
            ).first {
                found.append(page.path)
            }
            #expect(Set(found) == Set(paths.prefix(2)) && found.count == 2)
            try await store.forgetSources([paths[0]], in: space.catalogueID)
            #expect(try await store.abandonedImages(in: space.catalogueID) == [ids[0]])
        },
    ]

    static let embeddingChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("gives back embeddings bit by bit, by image") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let added = try await store.add((1...50).map { Samples.image($0) }, to: space)
            let ids = added.map(\.id)
            #expect(try await store.embeddedImages(in: space) == ids.sorted())
            let wanted = [ids[40], ids[3], CatalogueImage.ID(rawValue: 99_999)]
            let found = Dictionary(uniqueKeysWithValues: try await store.embeddings(of: wanted, in: space))
            #expect(found == [ids[40]: Samples.embedding(41), ids[3]: Samples.embedding(4)])
            #expect(try await store.embeddings(of: [], in: space).isEmpty)
        },
        ContractCheck("keeps the embeddings of different models and versions apart") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let wide = Samples.space(in: space.catalogueID, modelID: "wide", dimension: 1280)
            let id = try await store.add([Samples.image(1)], to: space)[0].id
            _ = try await store.add([Samples.image(1, dimension: 1280), Samples.image(2, dimension: 1280)], to: wide)
            #expect(try await store.embeddedImages(in: space) == [id])
            #expect(try await store.embeddings(of: [id], in: wide).first?.1 == Samples.embedding(1, dimension: 1280))
            #expect(try await store.embeddedImages(in: Samples.space(in: space.catalogueID, digest: "none")).isEmpty)
        },
    ]
}
