import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

@Suite struct ContractTests {
    @Test(arguments: VectorIndexContract.checks)
    func meetsTheContract(_ check: VectorIndexContract.Check) async throws {
        try await check.run(
            VectorIndexContract { dimension in
                let bench = IndexBench(dimension: dimension)
                let open = try await bench.open()
                return .init(index: open.index) { bench.store.makeImages($0) }
            })
    }

    @Test(arguments: VectorIndexContract.checks)
    func thePlainIndexMeetsTheContractToo(_ check: VectorIndexContract.Check) async throws {
        try await check.run(
            VectorIndexContract { dimension in
                let bench = IndexBench(dimension: dimension)
                let index = PlainVectorIndex(space: bench.space, filters: bench.store, threadCount: 2)
                return .init(index: index) { bench.store.makeImages($0) }
            })
    }

    /// The contract must not ask for more than the plainest implementation gives.
    @Test(arguments: VectorIndexContract.checks)
    func theIndexInMemoryMeetsTheContractToo(_ check: VectorIndexContract.Check) async throws {
        try await check.run(
            VectorIndexContract { dimension in
                let store = SpaceDouble()
                let index = InMemoryVectorIndex(
                    dimension: dimension, catalogue: Catalogue.ID(rawValue: 1), filters: store)
                return .init(index: index) { store.makeImages($0) }
            })
    }
}
