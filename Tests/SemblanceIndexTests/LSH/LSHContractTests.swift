import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

@Suite struct LSHContractTests {
    private static func contract(
        _ parameters: LSHParameters, _ options: LSHVectorIndex.Options, minimumRecall: Double = 1
    ) -> VectorIndexContract {
        VectorIndexContract(minimumRecall: minimumRecall) { dimension in
            let bench = try HashedBench(dimension: dimension, parameters, options: options)
            return .init(index: bench.index) { bench.store.makeImages($0) }
        }
    }

    /// As people use it: few vectors are searched exactly.
    @Test(arguments: VectorIndexContract.checks)
    func meetsTheContract(_ check: VectorIndexContract.Check) async throws {
        let parameters = LSHParameters(bitCount: 14, tableCount: 8, probeCount: 100)
        try await check.run(Self.contract(parameters, LSHVectorIndex.Options()))
    }

    /// Every bucket is looked into: hashing itself loses nothing.
    @Test(arguments: VectorIndexContract.checks)
    func meetsTheContractByHashing(_ check: VectorIndexContract.Check) async throws {
        let parameters = LSHParameters(bitCount: 4, tableCount: 2, probeCount: 32)
        try await check.run(Self.contract(parameters, HashedBench.options()))
    }

    /// What an approximate index can promise: everything but the number of neighbours above a score.
    @Test(arguments: VectorIndexContract.checks.filter { $0.testDescription != "leaves out lower scores" })
    func meetsTheContractApproximately(_ check: VectorIndexContract.Check) async throws {
        // Random vectors have no near neighbours: the hardest case there is.
        let parameters = LSHParameters(bitCount: 6, tableCount: 12, probeCount: 140)
        try await check.run(Self.contract(parameters, HashedBench.options(), minimumRecall: 0.8))
    }
}
