import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// The published weights against PyTorch (scripts/references/make_model_references.py). They lie in the model cache,
/// where `make setup-test` puts them; in continuous integration they must be there.
@Suite struct PublishedWeightsTests {
    struct Published: Sendable, CustomTestStringConvertible {
        let modelID: String
        /// Components of the first picture's embedding, by their number.
        let pinned: [Int: Float]

        var testDescription: String { modelID }
    }

    static let published = [
        Published(modelID: "efficientnet-lite0", pinned: [0: 0.079573, 113: 0.241479, 341: 0.249590, 576: 0.264475]),
        Published(modelID: "efficientnet-lite1", pinned: [0: 0, 280: 0.192492, 943: 0.196548, 1073: 0.235467]),
        Published(modelID: "efficientnet-lite2", pinned: [0: 0, 260: 0.223770, 302: 0.273657, 692: 0.159629]),
    ]

    private static let environment = ProcessInfo.processInfo.environment

    static let cacheFolder: String =
        environment["SEMBLANCE_CACHE"]
        ?? (environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/semblance"

    /// In continuous integration a missing file is no excuse: then the test runs, and fails.
    static func canRun(_ modelID: String) -> Bool {
        if environment["CI"] != nil { return true }
        let registry = try? ModelRegistry(configuration: .init(cacheFolder: cacheFolder))
        return registry?.models().first { $0.modelID == modelID }?.state == .available
    }

    private func embedder(_ modelID: String, precision: Precision) async throws -> any Embedder {
        try await ModelRegistry(configuration: .init(cacheFolder: Self.cacheFolder, precision: precision))
            .embedder(for: modelID)
    }

    private static let hint: Comment = "run 'make setup-test' to get the weights"

    @Test(.enabled(if: canRun("efficientnet-lite0"), hint))
    func lite0AgreesWithPyTorch() async throws { try await expectAgreement(Self.published[0]) }

    @Test(.enabled(if: canRun("efficientnet-lite1"), hint))
    func lite1AgreesWithPyTorch() async throws { try await expectAgreement(Self.published[1]) }

    @Test(.enabled(if: canRun("efficientnet-lite2"), hint))
    func lite2AgreesWithPyTorch() async throws { try await expectAgreement(Self.published[2]) }

    private func expectAgreement(_ model: Published) async throws {
        let references = try ModelFixture.references(model.modelID)
        let embedder = try await embedder(model.modelID, precision: .f32)
        let pictures = ModelFixture.pictures(size: embedder.preprocessing.size)
        let found = try embedder.embed(pictures)
        let exact = ModelFixture.agreement(of: found, with: references)
        #expect(exact.plain >= 0.9999 && exact.centred >= 0.9999, "\(exact)")
        for (index, value) in model.pinned {
            #expect(abs(found[0].values[index] - value) < 1e-4, "component \(index)")
        }
        let quick = try await self.embedder(model.modelID, precision: .default).embed(pictures)
        let rounded = ModelFixture.agreement(of: quick, with: references)
        #expect(rounded.plain >= 0.999, "\(rounded)")
    }
}
