import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// What goes wrong on the way to an 8-bit model, with a program in Python's place that fails as told. Tests/System runs
/// NNCF itself.
@Suite struct QuantisationTests {
    private let pictures = (0..<24).map { ModelFixture.picture($0 % 8, size: ModelFixture.narrowSize) }

    /// - Parameter script: what stands in for Python: shell text; `$1` is `-m` or `-I`, `$2` the module or script.
    private func registry(
        _ folder: ModelFixture.TemporaryFolder, python script: String? = nil, isOffline: Bool = false
    ) throws -> ModelRegistry {
        let config = try folder.write(
            """
            [{"model_id": "narrow", "model_type": "efficientnet-lite", "model_dim": 64,
              "model_path": "\(ModelFixture.narrowPath)", "preprocessing": {"size": 50}}]
            """, to: "model_config.json")
        var python = folder.path + "/no-python"
        if let script {
            python = try folder.write("#!/bin/sh\n" + script, to: "python3")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python)
        }
        return try ModelRegistry(
            configuration: .init(
                cacheFolder: folder.path + "/cache", configPath: config, addedModelsFolder: folder.path + "/models",
                isOffline: isOffline, pythonPath: python))
    }

    /// Makes an environment whose Python is the script itself.
    private static let makesEnvironment = """
        case "$2" in
          venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && exit 0 ;;
          pip) exit 0 ;;
        esac
        """

    private func leftovers(_ folder: ModelFixture.TemporaryFolder) -> [String] {
        let manager = FileManager.default
        let tools = (try? manager.contentsOfDirectory(atPath: folder.path + "/cache/tools")) ?? []
        let models = (try? manager.contentsOfDirectory(atPath: folder.path + "/models")) ?? []
        return tools.filter { $0.hasPrefix(".quantise-") || $0.hasSuffix(".new") } + models.filter { $0 != ".lock" }
    }

    private func failure(_ folder: ModelFixture.TemporaryFolder, _ registry: ModelRegistry) async -> (any Error)? {
        let error = await #expect(throws: (any Error).self) {
            _ = try await registry.quantise("narrow", pictures: Array(pictures.prefix(16)), heldOut: pictures.suffix(4))
        }
        #expect(leftovers(folder).isEmpty)
        return error
    }

    @Test func wantsEnoughPictures() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let registry = try registry(folder)
        for (calibrating, heldOut) in [(0, 0), (15, 4), (16, 3)] {
            let error = await #expect(throws: ModelError.self) {
                _ = try await registry.quantise(
                    "narrow", pictures: Array(pictures.prefix(calibrating)), heldOut: Array(pictures.prefix(heldOut)))
            }
            #expect(error?.code == .tooFewImages)
            #expect(error?.message.contains("--calibration") == true)
        }
    }

    @Test func saysWhenPythonIsMissing() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let error = await failure(folder, try registry(folder)) as? ModelError
        #expect(error?.code == .downloadFailed)
        #expect(error?.message.contains("Python 3 is missing") == true)
    }

    @Test func downloadsNothingWhenToldNotTo() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let error = await failure(folder, try registry(folder, python: "exit 0", isOffline: true)) as? ModelError
        #expect(error?.message.contains("switched off") == true)
    }

    @Test func saysWhenVenvIsMissing() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let error = await failure(folder, try registry(folder, python: "exit 1")) as? ModelError
        #expect(error?.code == .downloadFailed)
        #expect(error?.message.contains("python3-venv") == true)
    }

    @Test func saysWhenPipFindsNoNetwork() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let script = """
            case "$2" in
              venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
              pip) echo "Temporary failure in name resolution" >&2; exit 1 ;;
            esac
            """
        let registry = try registry(folder, python: script)
        let error = await failure(folder, registry) as? ModelError
        #expect(error?.code == .downloadFailed)
        #expect(error?.message.contains("check the network") == true)
        // Nothing half-made: the next run tries again.
        _ = await failure(folder, registry)
    }

    @Test func saysWhenTheModelIsAnEightBitOneAlready() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let error =
            await failure(folder, try registry(folder, python: Self.makesEnvironment + "\nexit 3")) as? ModelError
        #expect(error?.code == .quantisationFailed)
        #expect(error?.message.contains("already") == true)
    }

    @Test func keepsWhatNNCFSaid() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let script = Self.makesEnvironment + "\necho 'no such operator'; exit 1"
        let error = await failure(folder, try registry(folder, python: script)) as? ModelError
        #expect(error?.code == .quantisationFailed)
        let said = error?.underlying.map { "\($0)" } ?? ""
        #expect(said.contains("no such operator") == true)
        #expect(error?.message.contains("no such operator") == false)
    }

    @Test func saysWhenTheDiskIsFull() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let script = Self.makesEnvironment + "\necho 'OSError: No space left on device'; exit 1"
        let error = await failure(folder, try registry(folder, python: script)) as? StoreError
        #expect(error?.code == .diskFull)
    }

    @Test func endsWhenItIsCancelled() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let script = Self.makesEnvironment + "\necho '#semblance calibrating 1'; exec sleep 600"
        let registry = try registry(folder, python: script)
        let (started, continuation) = AsyncStream.makeStream(of: QuantisationStep.self)
        let pictures = pictures
        let work = Task {
            try await registry.quantise(
                "narrow", pictures: Array(pictures.prefix(16)), heldOut: Array(pictures.suffix(4))
            ) { continuation.yield($0) }
        }
        for await step in started where step == .calibrating(1, of: 16) { break }
        work.cancel()
        await #expect(throws: CancellationError.self) { _ = try await work.value }
        #expect(leftovers(folder).isEmpty)
    }
}
