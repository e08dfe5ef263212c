import SemblanceCore
import Testing

extension CatalogueStoreContract {
    static let metadataChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("filters find exactly what the reference finds, whatever the metadata") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            var random = RandomMetadata(seed: 20_26)
            let images = (1...120).map { Samples.image($0, metadata: .object([:]).merging(patch: random.metadata())) }
            let added = try await store.add(images, to: space)
            var hitCount = 0
            for _ in 0..<600 {
                let filter = random.filter()
                let expected = zip(added, images).filter { filter.matches($0.1.metadata) }.map(\.0.id)
                let found = try await store.images(matching: filter, in: space.catalogueID)
                #expect(found == expected, "\(filter)")
                hitCount += expected.isEmpty || expected.count == images.count ? 0 : 1
            }
            // Filters that find nothing or everything would prove little.
            #expect(hitCount > 100)
        },
        ContractCheck("long values are equal and in order to their last byte") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            // Up to what an index can hold, a little less and more, and far beyond.
            let texts = [0, 997, 998, 999, 1_000, 1_001, 20_000].flatMap { length in
                ["", "a", "b"].map {
                    String(repeating: "\u{E9}x", count: length / 3) + String(repeating: "y", count: length % 3) + $0
                }
            }
            let images = texts.indices.map { Samples.image($0 + 1, metadata: ["text": .string(texts[$0])]) }
            let added = try await store.add(images, to: space)
            for text in texts {
                var filters = MetadataFilter.Comparison.allCases.map {
                    MetadataFilter.compare(path: ["text"], $0, .string(text))
                }
                filters.append(.isIn(path: ["text"], [.string(text), "a"]))
                for filter in filters {
                    let expected = zip(added, images).filter { filter.matches($0.1.metadata) }.map(\.0.id).sorted()
                    #expect(try await store.images(matching: filter, in: space.catalogueID) == expected)
                }
            }
        },
        ContractCheck("a filter restricts pages and counts alike") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            var random = RandomMetadata(seed: 7)
            let images = (1...40).map { Samples.image($0, metadata: random.metadata()) }
            _ = try await store.add(images, to: space)
            for _ in 0..<60 {
                let filter = random.filter()
                let expected = images.filter { filter.matches($0.metadata) }.map(\.hash)
                let page = try await store.images(in: space.catalogueID, matching: filter, after: nil, limit: 100)
                #expect(page.map(\.hash) == expected, "\(filter)")
                #expect(try await store.imageCount(in: space.catalogueID, matching: filter) == expected.count)
            }
        },
        ContractCheck("changed metadata is found by its new values only") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let id = try await store.add([Samples.image(1, metadata: ["a": ["b": 1], "c": "x"])], to: space)[0].id
            _ = try await store.mergeMetadata([MetadataPatch(id, ["a": ["b": 2], "c": .null, "d": "y"])])
            #expect(
                try await store.image(Samples.hash(1), in: space.catalogueID).metadata == ["a": ["b": 2], "d": "y"])
            let expectations: [(MetadataFilter, Bool)] = [
                (.compare(path: ["a", "b"], .equal, 1), false), (.compare(path: ["a", "b"], .equal, 2), true),
                (.compare(path: ["a"], .equal, ["b": 2]), true), (.exists(path: ["c"], true), false),
                (.compare(path: ["d"], .greaterOrEqual, "y"), true), (.compare(path: ["c"], .notEqual, "x"), true),
            ]
            for (filter, isFound) in expectations {
                let found = try await store.images(matching: filter, in: space.catalogueID)
                #expect(found == (isFound ? [id] : []), "\(filter)")
            }
        },
        ContractCheck("merges patches by RFC 7396, whether an image is new, added again or patched") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            var random = RandomMetadata(seed: 7396)
            var expected = [JSONValue](repeating: .object([:]), count: 12)
            var ids: [CatalogueImage.ID] = []
            for round in 0..<6 {
                let patches = expected.map { _ in random.metadata() }
                if round.isMultiple(of: 2) {
                    let images = patches.enumerated().map { Samples.image($0.offset, metadata: $0.element) }
                    ids = try await store.add(images, to: space).map(\.id)
                } else {
                    let gone = MetadataPatch(CatalogueImage.ID(rawValue: 99_999), ["a": 1])
                    _ = try await store.mergeMetadata([gone] + zip(ids, patches).map { MetadataPatch($0, $1) })
                }
                expected = zip(expected, patches).map { $0.merging(patch: $1) }
                for (number, metadata) in expected.enumerated() {
                    #expect(
                        try await store.image(Samples.hash(number), in: space.catalogueID).metadata == metadata)
                }
                let filter = random.filter()
                let found = zip(ids, expected).filter { filter.matches($0.1) }.map(\.0).sorted()
                #expect(try await store.images(matching: filter, in: space.catalogueID) == found, "\(filter)")
            }
            // Several patches of one image count in their order.
            _ = try await store.mergeMetadata([
                MetadataPatch(ids[0], ["z": 1]), MetadataPatch(ids[0], ["z": 2, "y": 1]),
                MetadataPatch(ids[0], ["y": .null]),
            ])
            let metadata = try await store.image(Samples.hash(0), in: space.catalogueID).metadata
            #expect(metadata["z"] == 2 && metadata["y"] == nil)
        },
        ContractCheck("refuses patches that make too much metadata, and takes the others") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            let half = JSONValue.string(String(repeating: "x", count: Metadata.maximumByteCount / 2))
            let ids = try await store.add((1...3).map { Samples.image($0, metadata: ["a": half]) }, to: space).map(\.id)
            let refusals = try await store.mergeMetadata([
                MetadataPatch(ids[0], ["c": 1]), MetadataPatch(ids[1], ["b": half]),
                MetadataPatch(ids[2], ["a": .null, "b": half]),
            ])
            #expect(refusals.map(\.position) == [1])
            #expect(refusals.first?.error.code == .invalidMetadata)
            _ = try await store.add([Samples.image(1, metadata: ["b": half])], to: space)
            let expected: [JSONValue] = [["a": half, "c": 1], ["a": half], ["b": half]]
            for (number, metadata) in expected.enumerated() {
                let image = try await store.image(Samples.hash(number + 1), in: space.catalogueID)
                #expect(image.metadata == metadata)
            }
        },
        ContractCheck("takes a filter as large as the parser lets through") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            _ = try await store.add(
                [Samples.image(1, metadata: ["k": 3]), Samples.image(2, metadata: ["k": "3"])], to: space)
            let count = MetadataFilter.maximumConditionCount
            let many = MetadataFilter.and(
                (0..<count).map { .compare(path: ["k"], .notEqual, .number(Double($0 + 10))) })
            #expect(try await store.imageCount(in: space.catalogueID, matching: many) == 2)
            let values = (0..<count).map { JSONValue.number(Double($0)) }
            let sets = MetadataFilter.or((0..<100).map { _ in .isIn(path: ["k"], values) })
            #expect(try await store.imageCount(in: space.catalogueID, matching: sets) == 1)
            let deep = (0..<MetadataFilter.maximumDepth).reduce(MetadataFilter.exists(path: ["k"], true)) { filter, _ in
                .not(filter)
            }
            #expect(try await store.imageCount(in: space.catalogueID, matching: deep) == 2)
        },
    ]
}
