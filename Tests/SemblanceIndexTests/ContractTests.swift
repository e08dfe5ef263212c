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
}
