import SemblanceCore
import Testing

extension CatalogueStoreContract {
    static let metadataChecks: [ContractCheck<CatalogueStoreContract>] = [
        ContractCheck("filters find exactly what the reference finds, whatever the metadata") {
            let (store, space) = ($0.store, try await $0.makeSpace())
            var random = RandomMetadata(seed: 20_26)
            let images = (1...120).map { Samples.image($0, metadata: random.metadata()) }
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
            try await store.setMetadata(["a": ["b": 2], "d": "y"], of: id)
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
