import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// The user's `model_config.json`.
@Suite struct ModelConfigurationTests {
    private func registry(_ text: String) throws -> ModelRegistry {
        let folder = try ModelFixture.TemporaryFolder()
        let path = try folder.write(text, to: "model_config.json")
        return try ModelRegistry(configuration: .init(cacheFolder: folder.path, configPath: path))
    }

    /// The prototype's own entries: listed, and refused with a reason when they are used.
    @Test(arguments: [
        (#""openclip", "model_dim": 512, "model_path": "ViT-B-32", "model_subtype": "laion2b_s34b_b79k""#, "openclip"),
        (#""resnet", "model_dim": 2048, "model_path": null, "model_subtype": "resnet50""#, "resnet"),
        (#""vgg", "model_dim": 4096, "model_path": "weights/vgg16.pth", "model_subtype": null"#, "vgg"),
    ])
    func understandsThePrototypesEntries(members: String, family: String) async throws {
        let registry = try registry(#"[{"model_id": "old_1", "model_type": \#(members)}]"#)
        #expect(registry.warnings.isEmpty)
        let model = try #require(registry.models().last)
        #expect(model.modelID == "old_1" && model.family == family && model.state == .missing)
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "old_1") }
        let isKnown = ArchitectureFamily.named(family) != nil
        #expect(error?.code == (isKnown ? .weightsMissing : .unsupportedArchitecture))
        #expect(error?.message.contains("old_1") == true, "\(error?.message ?? "")")
    }

    @Test func aModelWithoutWeightsSaysWhatToSet() async throws {
        let registry = try registry(#"[{"model_id": "bare", "model_type": "efficientnet-lite", "model_dim": 1280}]"#)
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "bare") }
        #expect(error?.code == .weightsMissing)
        #expect(error?.message.contains("'model_path'") == true)
    }

    @Test func changesOnlyWhatAnEntryMentions() throws {
        let registry = try registry(
            #"[{"model_id": "efficientnet-lite1", "summary": "Ours.", "preprocessing": {"fit": "crop", "resize_to": 256}}]"#
        )
        #expect(registry.warnings.isEmpty)
        let changed = try registry.manifest(for: "efficientnet-lite1")
        let original = ModelManifest.builtIn[1]
        #expect(changed.summary == "Ours.")
        #expect(changed.preprocessing.fit == .crop && changed.preprocessing.resizeTo == 256)
        #expect(changed.preprocessing.size == 240 && changed.preprocessing.mean == [127, 127, 127])
        #expect(changed.source == original.source && changed.fileHash == original.fileHash)
        #expect(registry.models().count == 3)
    }

    @Test func anotherFileHasNotTheBuiltInHash() throws {
        let registry = try registry(#"[{"model_id": "efficientnet-lite0", "model_path": "own.pth"}]"#)
        let manifest = try registry.manifest(for: "efficientnet-lite0")
        #expect(manifest.fileHash == nil && manifest.byteCount == nil)
        guard case .file(let path) = manifest.source else { return #expect(Bool(false), "\(manifest.source)") }
        #expect(path.hasPrefix("/") && path.hasSuffix("/own.pth"))
    }

    @Test(arguments: [
        (#"{"model_type": "vgg"}"#, "'model_id'"),
        (#"{"model_id": "../../etc", "model_type": "vgg", "model_dim": 4}"#, "'model_id'"),
        (#"{"model_id": ".hidden", "model_type": "vgg", "model_dim": 4}"#, "'model_id'"),
        (#"{"model_id": "x", "model_dim": 4}"#, "'model_type'"),
        (#"{"model_id": "x", "model_type": "vgg"}"#, "'model_dim'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 0}"#, "'model_dim'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4.5}"#, "'model_dim'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": "512"}"#, "'model_dim'"),
        (#"{"model_id": "x", "model_type": 7, "model_dim": 4}"#, "'model_type'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "sha256": "abc"}"#, "'sha256'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "colour": "red"}"#, "'colour'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "preprocessing": 3}"#, "'preprocessing'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "preprocessing": {"size": 3}}"#, "'size'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "preprocessing": {"fit": "zoom"}}"#, "'fit'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "preprocessing": {"mean": [1, 2]}}"#, "'mean'"),
        (
            #"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "preprocessing": {"deviation": [1, 0, 1]}}"#,
            "'deviation'"
        ),
        (
            #"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "preprocessing": {"resize_to": 100}}"#,
            "'resize_to'"
        ),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "preprocessing": {"zoom": 1}}"#, "'zoom'"),
        (#"17"#, "object"),
    ])
    func leavesOutABadEntryAndKeepsTheRest(entry: String, named: String) throws {
        let good = #"{"model_id": "good", "model_type": "vgg", "model_dim": 4096}"#
        let registry = try registry("[\(good.replacingOccurrences(of: "good", with: "first")), \(entry), \(good)]")
        #expect(registry.warnings.count == 1)
        let warning = try #require(registry.warnings.first)
        #expect(warning.code == .invalidManifest)
        #expect(warning.message.contains("Entry 2 of 'model_config.json'"), "\(warning.message)")
        #expect(warning.message.contains(named), "\(warning.message)")
        #expect(registry.models().map(\.modelID).suffix(2) == ["first", "good"])
    }

    @Test(arguments: ["", "{", "[{]", "{}", "nonsense", "[1, 2"])
    func warnsOfAFileThatIsNoArray(text: String) throws {
        let registry = try registry(text)
        #expect(registry.warnings.count == 1)
        #expect(registry.models().count == 3)
    }

    @Test func aMissingFileIsNoFault() throws {
        let registry = try ModelRegistry(
            configuration: .init(cacheFolder: "/tmp", configPath: "/nowhere/model_config.json"))
        #expect(registry.warnings.isEmpty && registry.models().count == 3)
    }
}
