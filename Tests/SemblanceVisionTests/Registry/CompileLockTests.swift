import Foundation
import SemblanceCore
import SemblanceVision
import Testing

@Suite struct CompileLockTests {
    /// Two registries are two processes as far as the lock is concerned.
    @Test func registriesShareACacheFolder() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let config = try folder.write(
            """
            [{"model_id": "narrow", "model_type": "efficientnet-lite", "model_dim": 64,
              "model_path": "\(ModelFixture.narrowPath)", "preprocessing": {"size": 50}}]
            """, to: "model_config.json")
        let cache = folder.path + "/cache"
        let digests = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let registry = try ModelRegistry(configuration: .init(cacheFolder: cache, configPath: config))
                    return try await registry.embedder(for: "narrow").version.digest
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(digests.count == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: cache + "/openvino")
        #expect(names.contains { $0.hasSuffix(".blob") })
    }
}
