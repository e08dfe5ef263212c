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

    /// The prototype's own entries: torchvision's and OpenCLIP's models by type and name.
    @Test(arguments: [
        (
            #""openclip", "model_dim": 512, "model_path": "ViT-B-32", "model_subtype": "laion2b_s34b_b79k""#,
            "clip-vit-b32-laion2b"
        ),
        (#""openclip", "model_dim": 512, "model_path": "ViT-B-32", "model_subtype": "openai""#, "clip-vit-b32-openai"),
        (#""resnet", "model_dim": 2048, "model_path": null, "model_subtype": "resnet50""#, "resnet50-v1"),
        (#""resnet", "model_dim": 512, "model_path": null, "model_subtype": "resnet18""#, "resnet18"),
        (#""vgg", "model_dim": 4096, "model_path": null, "model_subtype": null"#, "vgg16"),
        (#""efficientnet-lite", "model_dim": 1280, "model_path": null, "model_subtype": null"#, "efficientnet-lite0"),
        (
            #""efficientnet-lite", "model_dim": 1280, "model_path": null, "model_subtype": "lite2""#,
            "efficientnet-lite2"
        ),
    ])
    func understandsThePrototypesEntries(members: String, builtIn: String) async throws {
        let registry = try registry(#"[{"model_id": "old_1", "model_type": \#(members)}]"#)
        #expect(registry.warnings.isEmpty)
        let (model, original) = (try registry.manifest(for: "old_1"), try registry.manifest(for: builtIn))
        #expect(model.modelID == "old_1" && model.source == original.source && model.fileHash == original.fileHash)
        #expect(model.options == original.options && model.preprocessing == original.preprocessing)
        #expect(model.tokenizer == original.tokenizer)
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "old_1") }
        #expect(error?.code == .weightsMissing)
        #expect(error?.message.contains("models pull old_1") == true, "\(error?.message ?? "")")
    }

    /// Under the prototype's own ids, which are names of built-in models.
    @Test(arguments: [
        (
            "openclip_1",
            #""openclip", "model_dim": 512, "model_path": "ViT-B-32", "model_subtype": "laion2b_s34b_b79k""#
        ),
        ("resnet50_1", #""resnet", "model_dim": 2048, "model_path": null, "model_subtype": "resnet50""#),
        ("vgg16_1", #""vgg", "model_dim": 4096, "model_path": null, "model_subtype": null"#),
        ("fashion_clip_1", #""openclip", "model_dim": 512, "model_path": null, "model_subtype": null"#),
    ])
    func thePrototypesOwnEntriesLeaveTheirModelsAsTheyAre(modelID: String, members: String) throws {
        let registry = try registry(#"[{"model_id": "\#(modelID)", "model_type": \#(members)}]"#)
        #expect(registry.warnings.isEmpty)
        #expect(registry.models().count == ModelManifest.builtIn.count)
        let original = try #require(ModelManifest.builtIn.first { $0.names.contains(modelID) })
        let model = try registry.manifest(for: modelID)
        #expect(model.modelID == original.modelID && model.source == original.source)
        #expect(model.fileHash == original.fileHash && model.options == original.options)
        #expect(model.preprocessing == original.preprocessing && model.tokenizer == original.tokenizer)
    }

    @Test func aPublishersNameThatNobodyKnowsIsListed() async throws {
        let registry = try registry(
            #"[{"model_id": "old_1", "model_type": "openclip", "model_dim": 512, "model_path": "EVA02-B-16"}]"#)
        #expect(registry.warnings.isEmpty && registry.models().last?.state == .missing)
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "old_1") }
        #expect(error?.code == .weightsMissing && error?.message.contains("'model_path'") == true)
    }

    /// Under the prototype's id an entry changes the model that has it as a name.
    @Test func anotherNameMeansTheSameModel() throws {
        let registry = try registry(
            #"[{"model_id": "vgg16_1", "model_type": "vgg", "model_dim": 4096, "model_path": "weights/vgg16.pth"}]"#)
        #expect(registry.warnings.isEmpty)
        #expect(registry.models().count == ModelManifest.builtIn.count)
        let manifest = try registry.manifest(for: "vgg16_1")
        #expect(manifest.modelID == "vgg16" && manifest.fileHash == nil && manifest.origin == .configuration)
        guard case .file(let path) = manifest.source else { return #expect(Bool(false), "\(manifest.source)") }
        #expect(path.hasSuffix("/weights/vgg16.pth"))
    }

    @Test func takesEveryKey() throws {
        let registry = try registry(
            """
            [{"model_id": "all", "model_type": "openclip", "model_dim": 64, "url": "https://example.com/w.safetensors?x=1",
              "names": ["other", "third"], "activation": "quick_gelu", "pooling": "cls", "head_width": 32,
              "output": "embeds", "tokenizer": "clip", "sha256": "\(String(repeating: "0a", count: 32))",
              "licence": "MIT", "summary": "All of it.", "preprocessing": null}]
            """)
        #expect(registry.warnings.isEmpty, "\(registry.warnings)")
        let manifest = try registry.manifest(for: "third")
        #expect(manifest.modelID == "all" && manifest.names == ["other", "third"] && manifest.tokenizer == .clip)
        #expect(
            manifest.options
                == NetworkOptions(activation: .quickGELU, pooling: .cls, headWidth: 32, output: "embeds"))
        #expect(manifest.source == .hub(HubFile(url: "https://example.com/w.safetensors?x=1")))
        #expect(try registry.weightsPath(for: "all")?.hasSuffix("/models/all/w.safetensors") == true)
    }

    @Test func aBadEntryIsNamedWithItsLine() throws {
        let registry = try registry(
            """
            [
              {"model_id": "first", "model_type": "vgg",
               "model_dim": 4096},

              {"model_id": "second",
               "model_type": "vgg", "model_dim": -1},
              {"model_id": "third", "model_type": "vgg", "model_dim": 512}
            ]
            """)
        #expect(registry.warnings.map(\.message).count == 1)
        let message = registry.warnings.first?.message ?? ""
        #expect(message.contains("Entry 2 of 'model_config.json', line 5 ('second', left out)"), "\(message)")
        #expect(registry.models().map(\.modelID).suffix(2) == ["first", "third"])
    }

    @Test func aFaultOfTheTextIsNamedWithItsLine() throws {
        let registry = try registry("[\n  {\"model_id\": \"x\"},\n  {\"model_id\" \"y\"}\n]")
        #expect(registry.warnings.first?.message.contains("expected ':' on line 3") == true, "\(registry.warnings)")
        #expect(registry.models().count == ModelManifest.builtIn.count)
    }

    @Test func aModelWithoutWeightsSaysWhatToSet() async throws {
        let registry = try registry(
            #"[{"model_id": "bare", "model_type": "efficientnet-lite", "model_subtype": "lite4", "model_dim": 1280}]"#)
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
        #expect(registry.models().count == ModelManifest.builtIn.count)
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
        (#"{"model_id": "x", "model_type": "vgg19"}"#, "'model_dim'"),
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
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "url": "http://example.com/w"}"#, "'url'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "url": "https://example.com/"}"#, "'url'"),
        (
            #"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "url": "https://e.com/..", "sha256": null}"#,
            "'url'"
        ),
        (
            #"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "url": "https://e.com/w", "model_path": "w.pth"}"#,
            "exclude"
        ),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "names": "y"}"#, "'names'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "names": ["../y"]}"#, "'names'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "names": ["vgg16_1"]}"#, "belongs to 'vgg16'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "activation": "relu"}"#, "'activation'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "pooling": "max"}"#, "'pooling'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "head_width": 0}"#, "'head_width'"),
        (#"{"model_id": "x", "model_type": "vgg", "model_dim": 4, "tokenizer": "bert"}"#, "'tokenizer'"),
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
        #expect(registry.models().count == ModelManifest.builtIn.count)
    }

    @Test func aMissingFileIsNoFault() throws {
        let registry = try ModelRegistry(
            configuration: .init(cacheFolder: "/tmp", configPath: "/nowhere/model_config.json"))
        #expect(registry.warnings.isEmpty && registry.models().count == ModelManifest.builtIn.count)
    }
}
