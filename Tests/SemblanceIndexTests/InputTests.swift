import SemblanceCore
import SemblanceIndex
import Testing

/// Input that is refused, and how.
@Suite struct InputTests {
    private func expectError(
        _ code: IndexError.Code, _ message: String? = nil, _ body: @Sendable () async throws -> Void
    ) async {
        let error = await #expect(throws: IndexError.self) { try await body() }
        #expect(error?.code == code)
        if let message { #expect(error?.message == message) }
    }

    @Test func refusesAnotherDimensionAndSaysWhichItExpected() async throws {
        let open = try await IndexBench(dimension: 1280).open()
        let wrong = VectorKind.random.vectors(1, 512, seed: 1)[0]
        await expectError(.dimensionMismatch, "expected 1280 dimensions, not 512") {
            try await open.index.insert([(.init(rawValue: 1), wrong)])
        }
        await expectError(.dimensionMismatch, "expected 1280 dimensions, not 512") {
            _ = try await open.search(wrong, limit: 1)
        }
    }

    @Test(arguments: [
        [Float.nan, 0, 0], [.infinity, 0, 0], [0, 0, 0], [0.9, 0, 0], [1.1, 0, 0], [1e-30, 1e-30, 0],
        [.greatestFiniteMagnitude, 0, 0],
    ])
    func refusesVectorsThatAreNotOfUnitLength(_ values: [Float]) async throws {
        let bench = IndexBench(dimension: 3)
        let open = try await bench.open()
        let wrong = Embedding(unit: values)
        let right = Embedding(unit: [1, 0, 0])
        await expectError(.notUnitLength) {
            try await open.index.insert([(.init(rawValue: 1), right), (.init(rawValue: 2), wrong)])
        }
        #expect(try await open.index.count() == 0, "all or nothing")
        await expectError(.notUnitLength) { _ = try await open.search(wrong, limit: 1) }
    }

    @Test(arguments: [0, -1, Int.min])
    func refusesLimitsBelowOne(_ limit: Int) async throws {
        let open = try await IndexBench(dimension: 3).open()
        await #expect(throws: RequestError.self) { try await open.search(Embedding(unit: [1, 0, 0]), limit: limit) }
        await #expect(throws: RequestError.self) { try await open.index.pairs(minimumScore: 0, limit: limit) }
    }

    @Test func takesTheLargestLimit() async throws {
        let bench = IndexBench(dimension: 3)
        bench.store.fill(VectorKind.random.vectors(50, 3, seed: 2))
        let open = try await bench.open()
        #expect(try await open.search(Embedding(unit: [1, 0, 0]), limit: .max).count == 50)
        #expect(try await open.index.pairs(minimumScore: -2, limit: .max).count == 50 * 49 / 2)
    }

    @Test(arguments: [0, -5, 65_537])
    func refusesModelsWithImpossibleDimensions(_ dimension: Int) async throws {
        let bench = IndexBench(dimension: dimension)
        await expectError(.dimensionMismatch) { _ = try await bench.open() }
    }

    @Test func embeddingsThatNoIndexCanHoldAreLeftOutWhenOpening() async throws {
        let bench = IndexBench(dimension: 3)
        bench.store[1] = Embedding(unit: [1, 0, 0])
        bench.store[2] = Embedding(unit: [.nan, 0, 0])
        bench.store[3] = Embedding(unit: [1, 0])
        let open = try await bench.open()
        #expect(try await open.index.count() == 1)
    }

    @Test func aDigestCannotLeadOutOfTheFolder() async throws {
        let bench = IndexBench(dimension: 3)
        let space = EmbeddingSpace(
            catalogueID: Catalogue.ID(rawValue: 1),
            model: ModelVersion(modelID: "m", digest: "../../outside", dimension: 3))
        bench.store.fill([Embedding(unit: [1, 0, 0])])
        let provider = bench.provider()
        #expect(try await provider.index(for: space).count() == 1)
        #expect(bench.generations.isEmpty)
        let inside = try #require(try contents(bench.folder.path + "/1").first)
        #expect(inside.utf8.count == 64)
    }
}
