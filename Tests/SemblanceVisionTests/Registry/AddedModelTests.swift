import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Models that `models add` puts into a data folder.
@Suite struct AddedModelTests {
    private struct Setting {
        let folder: ModelFixture.TemporaryFolder
        let registry: ModelRegistry

        var modelsFolder: String { folder.path + "/data/models" }

        func add(_ change: (inout ModelAddition) -> Void = { _ in }) async throws -> AddedModel {
            var addition = ModelAddition(path: ModelFixture.narrowPath, modelID: "own", size: 50)
            change(&addition)
            return try await registry.add(addition)
        }

        /// All paths below the models' folder but locks, sorted.
        func paths() -> [String] {
            let all = FileManager.default.enumerator(atPath: modelsFolder)?.allObjects as? [String] ?? []
            return all.filter { $0 != ".lock" }.sorted()
        }

        /// Another registry of the same folders, as another process has one.
        func another() throws -> ModelRegistry { try ModelRegistry(configuration: registry.configuration) }
    }

    private func setting(config: String? = nil) throws -> Setting {
        let folder = try ModelFixture.TemporaryFolder()
        let path = try config.map { try folder.write($0, to: "model_config.json") }
        return Setting(
            folder: folder,
            registry: try ModelRegistry(
                configuration: .init(
                    cacheFolder: folder.path + "/cache", configPath: path,
                    addedModelsFolder: folder.path + "/data/models", precision: .f32, isOffline: true)))
    }

    /// The narrow network with one weight changed: another version.
    private func changedWeights(in setting: Setting) throws -> String {
        var bytes = try ModelFixture.narrowBytes()
        bytes[bytes.count - 1] ^= 1
        let path = setting.folder.path + "/changed.pth"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func recognisesAndStoresACheckpoint() async throws {
        let setting = try setting()
        let added = try await setting.add()
        #expect(added.outcome == .added)
        #expect(added.manifest.family == "efficientnet-lite" && added.manifest.dimension == 64)
        #expect(added.manifest.origin == .added && added.manifest.preprocessing.size == 50)
        #expect(added.manifest.fileHash == ContentHash(hashing: try ModelFixture.narrowBytes()))
        #expect(setting.registry.models().last?.modelID == "own")
        let embedder = try await setting.registry.embedder(for: "own")
        let agreement = ModelFixture.agreement(
            of: try embedder.embed(ModelFixture.pictures(size: 50)), with: try ModelFixture.references("narrow-lite"))
        #expect(agreement.centred >= 0.9999)
    }

    @Test func theFilesNameIsTheIDWhereNoneIsGiven() async throws {
        let setting = try setting()
        #expect(try await setting.add { $0.modelID = nil }.manifest.modelID == "narrow-lite")
        let odd = setting.folder.path + "/Mein Modell (größer).v2.pth"
        try FileManager.default.copyItem(atPath: ModelFixture.narrowPath, toPath: odd)
        let added = try await setting.add { addition in
            addition.modelID = nil
            addition.path = odd
        }
        #expect(added.manifest.modelID == "Mein-Modell--gr--er-.v2")
    }

    @Test func theSameFileAgainChangesNothing() async throws {
        let setting = try setting()
        _ = try await setting.add()
        let before = setting.paths()
        let entry = FileManager.default.contents(atPath: setting.modelsFolder + "/own/entry.json")
        #expect(try await setting.add().outcome == .unchanged)
        #expect(setting.paths() == before)
        #expect(FileManager.default.contents(atPath: setting.modelsFolder + "/own/entry.json") == entry)
    }

    @Test func aTakenIDIsRefusedUnlessItIsReplaced() async throws {
        let setting = try setting()
        _ = try await setting.add()
        let first = try await setting.registry.embedder(for: "own").version
        let changed = try changedWeights(in: setting)
        let error = await #expect(throws: ModelError.self) { try await setting.add { $0.path = changed } }
        #expect(error?.code == .idTaken && error?.message.contains("--replace") == true)
        #expect(try await setting.registry.embedder(for: "own").version == first)

        let replaced = try await setting.add { addition in
            addition.path = changed
            addition.isReplacing = true
        }
        #expect(replaced.outcome == .replaced)
        let second = try await setting.registry.embedder(for: "own").version
        #expect(second.modelID == first.modelID && second.digest != first.digest)
        #expect(setting.paths().filter { $0.hasSuffix(".pth") }.count == 1, "the old weights are gone")
    }

    /// A server that runs all the while.
    @Test func anotherRegistrySeesWhatWasAddedAndReplaced() async throws {
        let setting = try setting()
        let server = try setting.another()
        #expect(throws: ModelError.self) { try server.manifest(for: "own") }
        _ = try await setting.add()
        let first = try await server.embedder(for: "own").version
        let changed = try changedWeights(in: setting)
        _ = try await setting.add { addition in
            addition.path = changed
            addition.isReplacing = true
        }
        #expect(try await server.embedder(for: "own").version.digest != first.digest)
        #expect(try await setting.registry.removeAdded("own") == "own")
        await #expect(throws: ModelError.self) { try await server.embedder(for: "own") }
    }

    @Test func anIDOfTheRegistryIsRefused() async throws {
        let setting = try setting(
            config: #"[{"model_id": "mine", "model_type": "efficientnet-lite", "model_dim": 4}]"#)
        for id in ["efficientnet-lite0", "mine"] {
            let error = await #expect(throws: ModelError.self) { try await setting.add { $0.modelID = id } }
            #expect(error?.code == .idTaken || error?.code == .hashMismatch, "\(id)")
        }
        #expect(setting.paths().isEmpty)
    }

    @Test(arguments: ["", "../up", ".hidden", "a/b", "ü", String(repeating: "x", count: 65)])
    func refusesWhatIsNoID(id: String) async throws {
        let setting = try setting()
        let error = await #expect(throws: ModelError.self) { try await setting.add { $0.modelID = id } }
        #expect(error?.code == .invalidManifest)
        #expect(setting.paths().isEmpty)
    }

    @Test func nothingIsStoredOfAFileThatIsNoModel() async throws {
        let setting = try setting()
        let text = try setting.folder.write("not weights", to: "text.pth")
        let error = await #expect(throws: ModelError.self) { try await setting.add { $0.path = text } }
        #expect(error?.code == .damagedCheckpoint)
        let missing = await #expect(throws: ModelError.self) { try await setting.add { $0.path = "/nowhere.pth" } }
        #expect(missing?.code == .weightsMissing)
        let unknown = await #expect(throws: ModelError.self) { try await setting.add { $0.family = "perceptron" } }
        #expect(unknown?.code == .unsupportedArchitecture)
        #expect(unknown?.message.contains("efficientnet-lite") == true)
        #expect(setting.paths().isEmpty)
    }

    @Test func tensorsOfNoFamilyAreNamed() async throws {
        let setting = try setting()
        let path = setting.folder.path + "/linear.pth"
        var file = TorchFileWriter.floats([1, 2, 3, 4], shape: [2, 2], strides: [2, 1])
        file.tensors[0].name = "projector.weight"
        try Data(file.file()).write(to: URL(fileURLWithPath: path))
        let error = await #expect(throws: ModelError.self) { try await setting.add { $0.path = path } }
        #expect(error?.code == .unsupportedArchitecture)
        #expect(error?.message.contains("'projector.weight'") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("efficientnet-lite") == true)
    }

    @Test func aDamagedEntryIsNamedAndCanBeRemoved() async throws {
        let setting = try setting()
        _ = try await setting.add()
        try setting.folder.write("{\"id\": \"own\"", to: "data/models/own/entry.json")
        try setting.folder.write(#"{"id": "other"}"#, to: "data/models/other/entry.json")
        let registry = try setting.another()
        #expect(registry.manifests.allSatisfy { $0.origin == .builtIn })
        #expect(registry.warnings.map(\.code) == [.invalidManifest, .invalidManifest])
        #expect(registry.warnings.last?.message.contains("models remove own") == true)
        #expect(try await registry.removeAdded("own") == "own")
        #expect(registry.warnings.count == 1)
    }

    @Test func weightsThatWereChangedByHandAreRefused() async throws {
        let setting = try setting()
        _ = try await setting.add()
        let path = try #require(try setting.registry.weightsPath(for: "own"))
        try Data(contentsOf: URL(fileURLWithPath: try changedWeights(in: setting)))
            .write(to: URL(fileURLWithPath: path))
        let registry = try setting.another()
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "own") }
        #expect(error?.code == .hashMismatch && error?.message.contains("models add") == true)
        // The same file again mends it.
        #expect(try await setting.add().outcome == .replaced)
        #expect(try await registry.embedder(for: "own").version.dimension == 64)
    }

    @Test func onlyAddedModelsAreRemoved() async throws {
        let setting = try setting()
        let builtIn = await #expect(throws: ModelError.self) {
            try await setting.registry.removeAdded("efficientnet-lite0")
        }
        #expect(builtIn?.code == .inUse)
        for name in ["nothing", "../../etc"] {
            let error = await #expect(throws: ModelError.self) { try await setting.registry.removeAdded(name) }
            #expect(error?.code == .unknownModel)
        }
    }
}
