/// How much better one system answered the same queries than another, and whether that may be chance.
public struct PairedComparison: Hashable, Sendable {
    public let queryCount: Int
    /// The second system's mean less the first's.
    public let meanDifference: Double
    /// Bootstrap interval around it.
    public let interval: ClosedRange<Double>
    /// Two-sided, by randomisation: the one to report.
    public let randomisationPValue: Double
    /// Two-sided, by Student's t-test; `nil` for a single query.
    public let studentPValue: Double?
    /// Queries that the second system answered better, and worse; the rest are alike.
    public let betterCount: Int
    public let worseCount: Int

    /// - Parameters:
    ///   - first: one value a query.
    ///   - second: of the same queries in the same order.
    /// - Throws: `comparison-invalid` if the numbers of queries differ or are 0.
    public init(
        of first: [Double], and second: [Double], bootstrap: Bootstrap = Bootstrap(),
        test: RandomisationTest = RandomisationTest()
    ) throws(LabError) {
        guard first.count == second.count else {
            throw LabError(
                .notComparable, "Expected values of the same queries, not of \(first.count) and \(second.count).")
        }
        let differences = zip(first, second).map { $1 - $0 }
        guard let interval = bootstrap.interval(ofMean: differences) else {
            throw LabError(.notComparable, "There is no query to compare two systems on.")
        }
        queryCount = differences.count
        meanDifference = differences.reduce(0, +) / Double(differences.count)
        self.interval = interval
        randomisationPValue = test.pValue(of: differences)
        studentPValue = StudentT.pValue(ofPaired: differences)
        betterCount = differences.count { $0 > 0 }
        worseCount = differences.count { $0 < 0 }
    }
}
