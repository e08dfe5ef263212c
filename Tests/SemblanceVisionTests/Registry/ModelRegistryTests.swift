import Foundation
import SemblanceCore
import SemblanceVision
import Testing

@Suite struct ModelRegistryTests {
    /// A registry with a cache of its own, and a configuration with these entries.
    private func registry(
        _ folder: ModelFixture.TemporaryFolder, entries: String = "[]", precision: Precision = .f32
    ) throws -> ModelRegistry {
        let path = try folder.write(entries, to: "config/model_config.json")
        return try ModelRegistry(
            configuration: .init(
                cacheFolder: folder.path + "/cache", configPath: path, precision: precision, isOffline: true))
    }

    /// An entry for the narrow network.
    private func narrowEntry(_ more: String = "") -> String {
        """
        {"model_id": "narrow", "model_type": "efficientnet-lite", "model_dim": 64,
         "model_path": "\(ModelFixture.narrowPath)", "preprocessing": {"size": 50}\(more)}
        """
    }

    @Test func listsTheBuiltInModels() throws {
        let models = try registry(ModelFixture.TemporaryFolder()).models()
        #expect(models.map(\.modelID) == ModelManifest.builtIn.map(\.modelID))
        #expect(models.prefix(3).map(\.modelID) == ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"])
        #expect(models.filter(\.isDefault).map(\.modelID) == ["efficientnet-lite0"])
        #expect(models.dropLast(3).allSatisfy { $0.state == .missing && $0.byteCount != nil })
        #expect(models.suffix(3).map(\.modelID) == ["colour-histogram", "dhash", "phash"])
        #expect(models.suffix(3).allSatisfy { $0.state == .available && $0.byteCount == 0 })
        #expect(models.prefix(3).allSatisfy { $0.dimension == 1280 && $0.licence == "Apache-2.0" })
        #expect(models.first?.byteCount == 18_826_032)
    }

    /// An id or a name means one model, and each model can be pulled and checked.
    @Test func theBuiltInModelsAreWhole() throws {
        let manifests = ModelManifest.builtIn
        let names = manifests.flatMap { [$0.modelID] + $0.names }
        #expect(Set(names).count == names.count)
        for manifest in manifests {
            try manifest.preprocessing.validate()
            switch manifest.source {
            case .pythonPackage: #expect(manifest.fileHash != nil, "\(manifest.modelID)")
            case .hub(let file):
                #expect(file.url.hasPrefix("https://"), "\(manifest.modelID)")
                let digits = file.hashPrefix ?? "00000000"
                #expect(digits.count == 8 && digits.allSatisfy(\.isHexDigit), "\(manifest.modelID)")
            case .withoutWeights: #expect(manifest.byteCount == 0, "\(manifest.modelID)")
            case .file, .published: Issue.record("\(manifest.modelID) cannot be pulled")
            }
        }
    }

    /// The ids of the original prototype.
    @Test(arguments: [
        ("resnet50_1", "resnet50-v1", 2048), ("vgg16_1", "vgg16", 4096), ("openclip_1", "clip-vit-b32-laion2b", 512),
        ("fashion_clip_1", "fashion-clip", 512),
    ])
    func knowsModelsByThePrototypesNames(name: String, modelID: String, dimension: Int) throws {
        let manifest = try registry(ModelFixture.TemporaryFolder()).manifest(for: name)
        #expect(manifest.modelID == modelID && manifest.dimension == dimension)
    }

    @Test func theTransformBelongsToTheEntry() throws {
        let registry = try registry(ModelFixture.TemporaryFolder())
        #expect(try registry.manifest(for: "resnet50-v1").preprocessing.resizeTo == 256)
        #expect(try registry.manifest(for: "resnet50-v2").preprocessing.resizeTo == 232)
    }

    @Test func theDefaultMayBeAnotherName() throws {
        let registry = try ModelRegistry(configuration: .init(cacheFolder: "/tmp", defaultModelID: "vgg16_1"))
        #expect(registry.defaultModelID == "vgg16")
        #expect(registry.models().filter(\.isDefault).map(\.modelID) == ["vgg16"])
    }

    @Test func refusesAnUnknownDefault() {
        let error = #expect(throws: ModelError.self) {
            try ModelRegistry(configuration: .init(cacheFolder: "/tmp", defaultModelID: "gone"))
        }
        #expect(error?.code == .unknownModel)
    }

    @Test func namesTheKnownModelsForAnUnknownOne() async throws {
        let registry = try registry(ModelFixture.TemporaryFolder())
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "efficientnet-lite9") }
        #expect(error?.code == .unknownModel)
        #expect(error?.message.contains("efficientnet-lite0") == true)
    }

    @Test func saysHowToGetMissingWeights() async throws {
        let registry = try registry(ModelFixture.TemporaryFolder())
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "efficientnet-lite0") }
        #expect(error?.code == .weightsMissing)
        #expect(error?.message.contains("semblance models pull efficientnet-lite0") == true)
    }

    @Test func refusesWeightsWithAnotherHash() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        try folder.write("not the weights", to: "cache/models/efficientnet-lite0/efficientnet-lite0-57934424.pth")
        let registry = try registry(folder)
        #expect(registry.models().first?.state == .available)
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "efficientnet-lite0") }
        #expect(error?.code == .hashMismatch)
        #expect(error?.message.contains("579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db") == true)
        #expect(error?.message.contains("models pull efficientnet-lite0") == true)
    }

    @Test func loadsAModelOfTheConfigurationOnce() async throws {
        let registry = try registry(ModelFixture.TemporaryFolder(), entries: "[\(narrowEntry())]")
        #expect(registry.models().last?.state == .available)
        let loaded = try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
            for _ in 0..<8 {
                group.addTask { ObjectIdentifier(try await registry.embedder(for: "narrow") as AnyObject) }
            }
            return try await group.reduce(into: Set<ObjectIdentifier>()) { $0.insert($1) }
        }
        #expect(loaded.count == 1)
        #expect(registry.models().last?.state == .loaded)
        let embedder = try await registry.embedder(for: "narrow")
        let found = try embedder.embed(ModelFixture.pictures(size: 50))
        let agreement = ModelFixture.agreement(of: found, with: try ModelFixture.references("narrow-lite"))
        #expect(agreement.centred >= 0.9999)
    }

    /// An ingestion opens a model for batches; a query then completes it, and the next ingestion uses that.
    @Test func opensAModelForBatchesAndCompletesIt() async throws {
        let registry = try registry(ModelFixture.TemporaryFolder(), entries: "[\(narrowEntry())]")
        let opened = try await registry.open("narrow")
        #expect(opened.preferredBatchSize == 4 && opened.preprocessing.size == 50)
        let batches = try await opened.embedder
        #expect(opened.hasEndedLoading)
        #expect(registry.models().last?.state == .loaded)
        let again = try await registry.open("narrow").embedder
        #expect(batches as AnyObject === again as AnyObject)
        let whole = try await registry.embedder(for: "narrow")
        #expect(whole.version == opened.version && whole as AnyObject !== batches as AnyObject)
        let last = try await registry.open("narrow").embedder
        #expect(last as AnyObject === whole as AnyObject)
        let references = try ModelFixture.references("narrow-lite")
        for embedder in [batches, whole] {
            let found = try embedder.embed(ModelFixture.pictures(size: 50))
            #expect(ModelFixture.agreement(of: found, with: references).centred >= 0.9999)
        }
    }

    /// A loaded model stays what it is: what is stored under its version was made by it.
    @Test func weightsThatAreReplacedDoNotMeetALoadedModel() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let path = folder.path + "/narrow.pth"
        try FileManager.default.copyItem(atPath: ModelFixture.narrowPath, toPath: path)
        let entry = narrowEntry().replacingOccurrences(of: ModelFixture.narrowPath, with: path)
        let registry = try registry(folder, entries: "[\(entry)]")
        let first = try await registry.open("narrow")
        _ = try await first.embedder
        var bytes = try ModelFixture.narrowBytes()
        bytes[bytes.count - 1] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        let second = try await registry.open("narrow")
        #expect(try await second.embedder.version == second.version)
        #expect(second.version == first.version)
        // What is read now is another version: whole and for batches alike.
        let whole = try await registry.embedder(for: "narrow")
        let third = try await registry.open("narrow")
        #expect(whole.version != first.version && third.version == whole.version)
    }

    @Test func openingSaysWhatTheWeightsTell() async throws {
        let registry = try registry(ModelFixture.TemporaryFolder())
        let error = await #expect(throws: ModelError.self) { try await registry.open("efficientnet-lite0") }
        #expect(error?.code == .weightsMissing)
    }

    @Test func triesAgainAfterAFailure() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let entry = """
            [{"model_id": "late", "model_type": "efficientnet-lite", "model_dim": 64, "model_path": "late.pth",
              "preprocessing": {"size": 50}}]
            """
        let registry = try registry(folder, entries: entry)
        await #expect(throws: ModelError.self) { try await registry.embedder(for: "late") }
        try FileManager.default.copyItem(atPath: ModelFixture.narrowPath, toPath: folder.path + "/config/late.pth")
        #expect(try await registry.embedder(for: "late").version.dimension == 64)
    }

    @Test func checksTheDimensionOfTheManifest() async throws {
        let entry = narrowEntry().replacingOccurrences(of: "64", with: "63")
        let registry = try registry(ModelFixture.TemporaryFolder(), entries: "[\(entry)]")
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "narrow") }
        #expect(error?.code == .invalidManifest)
        #expect(error?.message.contains("gives 64 dimensions") == true)
    }

    @Test func saysThatWeightsAreOfAnotherVariant() async throws {
        let entry = narrowEntry(", \"model_subtype\": \"lite0\"").replacingOccurrences(of: "64", with: "1280")
        let registry = try registry(ModelFixture.TemporaryFolder(), entries: "[\(entry)]")
        let error = await #expect(throws: ModelError.self) { try await registry.embedder(for: "narrow") }
        #expect(error?.code == .unexpectedTensors)
        #expect(
            error?.message.contains("'_conv_stem.weight' has the shape [8, 3, 3, 3], expected [32, 3, 3, 3]") == true)
    }

    // MARK: Versions

    private func digest(_ entry: String, precision: Precision = .f32) async throws -> String {
        let registry = try registry(ModelFixture.TemporaryFolder(), entries: "[\(entry)]", precision: precision)
        return try await registry.embedder(for: "narrow").version.digest
    }

    /// A digest that changes by itself would throw away every embedding that users have.
    @Test func pinsTheVersion() async throws {
        let narrow = try await digest(narrowEntry())
        #expect(narrow == "caaa1d1b6dd47424e09bb8868d0df8a231440777bb5a4bb8f09ffe7d8baebeb2")
    }

    @Test func preprocessingMakesAnotherVersionAndPrecisionDoesNot() async throws {
        let narrow = try await digest(narrowEntry())
        #expect(try await digest(narrowEntry(), precision: .bf16) == narrow)
        for change in [
            #"{"size": 64}"#, #"{"size": 50, "fit": "crop"}"#, #"{"size": 50, "filter": "bilinear"}"#,
            #"{"size": 50, "channels": "bgr"}"#, #"{"size": 50, "mean": [127, 127, 126]}"#,
            #"{"size": 50, "deviation": [128, 128, 127]}"#, #"{"size": 50, "fit": "crop", "resize_to": 60}"#,
        ] {
            let entry = narrowEntry().replacingOccurrences(of: #"{"size": 50}"#, with: change)
            #expect(try await digest(entry) != narrow, "\(change)")
        }
        // The shorter side before cropping says nothing while nothing is cropped.
        let idle = narrowEntry().replacingOccurrences(of: #"{"size": 50}"#, with: #"{"size": 50, "resize_to": 60}"#)
        #expect(try await digest(idle) == narrow)
    }

    @Test func otherWeightsMakeAnotherVersion() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        var bytes = try ModelFixture.narrowBytes()
        bytes[bytes.count - 1] ^= 1
        let path = folder.path + "/changed.pth"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let entry = narrowEntry().replacingOccurrences(of: ModelFixture.narrowPath, with: path)
        #expect(try await digest(entry) != digest(narrowEntry()))
    }
}
