import Testing

/// One promise of a protocol, tried through the protocol alone. A test target runs every promise against its
/// implementation, each with one of its own:
///
///     @Test(arguments: JobStoreContract.checks)
///     func keepsItsPromises(_ check: ContractCheck<JobStoreContract>) async throws {
///         try await check.run(JobStoreContract(store: …))
///     }
public struct ContractCheck<Contract: Sendable>: Sendable, CustomTestStringConvertible {
    public let testDescription: String
    public let run: @Sendable (Contract) async throws -> Void

    init(_ testDescription: String, _ run: @escaping @Sendable (Contract) async throws -> Void) {
        self.testDescription = testDescription
        self.run = run
    }
}
