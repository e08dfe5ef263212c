import SemblanceCore
import SemblanceStore
import Testing

@Suite struct SearchPlanTests {
    private func plan(
        _ rowCount: Int, limit: Int = 10, hasGraph: Bool = true, kind: VectorIndexConfiguration.Kind = .halfvec
    ) -> SearchPlan {
        SearchPlan(
            rowCount: rowCount, hasGraph: hasGraph, limit: limit, configuration: VectorIndexConfiguration(), kind: kind)
    }

    @Test func readsEverythingWithoutAGraph() {
        #expect(plan(10_000_000, hasGraph: false).isExact)
    }

    @Test(arguments: [(100_000, 10, false), (100_000, 1_000, false), (100_000, 100_000, true), (900, 10, true)])
    func takesTheGraphForFewOfMany(rowCount: Int, limit: Int, isExact: Bool) {
        #expect(plan(rowCount, limit: limit).isExact == isExact)
    }

    /// Where both cost the same, both sides of the equation in SearchPlan.swift are equal.
    @Test(arguments: [(100_000, 10), (1_000_000, 10), (1_000_000, 500)])
    func theBoundIsWhereBothCostTheSame(rowCount: Int, limit: Int) {
        let plan = plan(rowCount, limit: limit)
        let bound = Double(plan.exactCount)
        let graph = 8 * (Double(plan.searchCandidateCount) + Double(plan.candidateCount * rowCount) / bound)
        #expect(abs(bound - graph) < 0.01 * bound)
    }

    @Test func aLargerCatalogueHasALargerBoundAndASmallerShare() {
        let (small, large) = (plan(100_000).exactCount, plan(10_000_000).exactCount)
        #expect(small < large)
        #expect(Double(small) / 100_000 > 3 * Double(large) / 10_000_000)
        // About 4% of a hundred thousand.
        #expect((3_000...6_000).contains(small))
    }

    @Test func looksAtAsManyCandidatesAsAreWanted() {
        #expect(plan(1_000_000, limit: 500).searchCandidateCount >= 500)
        #expect(plan(1_000_000, limit: 5_000).searchCandidateCount == 1_000)
        #expect(plan(1_000_000, limit: 10, kind: .binary).candidateCount == 200)
    }

    @Test(arguments: [Int.max, 1_000_000_000_000])
    func absurdNumbersDoNotOverflow(limit: Int) {
        for kind in VectorIndexConfiguration.Kind.allCases {
            let plan = plan(Int.max / 4, limit: limit, kind: kind)
            #expect(plan.exactCount > 0)
            #expect((1...Int(Int32.max)).contains(plan.maximumScanCount))
        }
    }

    @Test(
        arguments: [
            { $0.linkCount = 1 }, { $0.linkCount = 101 }, { $0.buildCandidateCount = 31 },
            { $0.searchCandidateCount = 1_001 }, { $0.rerankFactor = 0 }, { $0.minimumCount = 0 },
            { $0.buildMegabytes = 1 }, { $0.buildTimeLimit = .seconds(1) },
        ] as [@Sendable (inout VectorIndexConfiguration) -> Void])
    func refusesValuesOutOfRange(change: @Sendable (inout VectorIndexConfiguration) -> Void) {
        var configuration = VectorIndexConfiguration()
        change(&configuration)
        let error = #expect(throws: RequestError.self) { try configuration.validate() }
        #expect(error?.code == .invalidQuery)
    }

    @Test func theDefaultsAreInRange() throws {
        try VectorIndexConfiguration().validate()
    }

    @Test(arguments: [
        (512, VectorIndexConfiguration.Kind.vector, "vector vector_ip_ops"),
        (512, .halfvec, "(vector::halfvec(512)) halfvec_ip_ops"),
        (512, .binary, "(binary_quantize(vector)::bit(512)) bit_hamming_ops"),
        (3_000, .vector, "vector halfvec_ip_ops"),
        (4_096, .vector, "(binary_quantize(vector)::bit(4096)) bit_hamming_ops"),
    ])
    func takesTheNextKindWhereDimensionsAreTooMany(
        dimension: Int, kind: VectorIndexConfiguration.Kind, key: String
    ) {
        let element: EmbeddingTable.Element = dimension > 2_000 ? .halfvec : .vector
        #expect(VectorExpressions(element: element, dimension: dimension, preferring: kind).indexKey == key)
    }
}
