/// Fisher's randomisation test for paired values, two-sided: if two systems were one, each query's difference could as
/// well have the other sign (Smucker, Allan, Carterette: "A comparison of statistical significance tests for
/// information retrieval evaluation", CIKM 2007, who recommend it over Wilcoxon's and the sign test).
///
/// With few differing queries all signs are tried and the p-value is exact; else signs are drawn, and the p-value is
/// (1 + as extreme ones) ÷ (1 + drawn), so that it is never 0 (Davison and Hinkley, 1997).
public struct RandomisationTest: Hashable, Sendable {
    /// Queries that differ, up to which every assignment of signs is tried.
    static let exactCount = 16

    /// Default 20,000; 1000…1,000,000.
    public var permutationCount: Int
    public var seed: UInt64

    public init(permutationCount: Int = 20_000, seed: UInt64 = 1) {
        self.permutationCount = permutationCount
        self.seed = seed
    }

    /// The chance of a mean at least this far from 0 if the signs were chance. 1 if nothing differs.
    public func pValue(of differences: [Double]) -> Double {
        // A difference of 0 has no sign to change.
        let differing = differences.filter { $0 != 0 }.map(abs)
        guard !differing.isEmpty else { return 1 }
        let observed = abs(differences.reduce(0, +))
        // Sums of the same numbers in another order or with other signs differ in their last bits.
        let threshold = observed - 1e-12 * differing.reduce(0, +)
        return differing.count <= Self.exactCount
            ? exact(differing, threshold) : sampled(differing, threshold)
    }

    private func exact(_ differences: [Double], _ threshold: Double) -> Double {
        let total = 1 << differences.count
        let extremeCount = (0..<total).count { signs in
            var sum = 0.0
            for (place, difference) in differences.enumerated() {
                sum += signs >> place & 1 == 0 ? difference : -difference
            }
            return abs(sum) >= threshold
        }
        return Double(extremeCount) / Double(total)
    }

    private func sampled(_ differences: [Double], _ threshold: Double) -> Double {
        var generator = SeededGenerator(seed: seed)
        var extremeCount = 0
        for _ in 0..<permutationCount {
            var (sum, signs) = (0.0, UInt64(0))
            for (place, difference) in differences.enumerated() {
                if place % 64 == 0 { signs = generator.next() }
                sum += signs & 1 == 0 ? difference : -difference
                signs >>= 1
            }
            if abs(sum) >= threshold { extremeCount += 1 }
        }
        return Double(1 + extremeCount) / Double(1 + permutationCount)
    }
}
