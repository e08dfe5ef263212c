import Foundation
import SemblanceCore

/// A Python of Semblance's own that has NNCF, in the cache folder: made on first use, whole or not at all.
struct QuantisationEnvironment {
    /// Exact versions: what calibrated a model yesterday does so tomorrow.
    static let packages = """
        cloudpickle==3.1.2
        joblib==1.6.0
        markdown-it-py==4.3.0
        mdurl==0.1.2
        narwhals==2.29.0
        networkx==3.6.1
        ninja==1.13.2
        nncf==3.4.0
        numpy==2.4.6
        openvino==2026.4.1
        openvino-telemetry==2025.2.0
        packaging==26.3
        psutil==7.2.2
        pydot==4.0.1
        Pygments==2.21.0
        pyparsing==3.3.3
        rich==15.0.0
        safetensors==0.8.0
        scikit-learn==1.9.1
        scipy==1.17.1
        tabulate==0.10.0
        threadpoolctl==3.8.0
        typing_extensions==4.16.0
        """
    /// What the packages take, unpacked, with room for pip to work in.
    private static let neededByteCount: Int64 = 1_500_000_000

    let cacheFolder: String
    /// The user's Python, which makes it.
    let pythonPath: String
    let isOffline: Bool

    private var tools: String { cacheFolder + "/tools" }
    /// Another list of packages is another environment.
    private var folder: String {
        let version = ContentHash(hashing: Array(Self.packages.utf8)).hexadecimal.prefix(12)
        return "\(tools)/nncf-\(version)"
    }
    private var python: String { folder + "/bin/python" }
    var isHere: Bool { access(folder + "/complete", F_OK) == 0 && access(python, X_OK) == 0 }

    /// Makes the environment if it is not there.
    /// - Parameters:
    ///   - run: runs a program to its end; may be cancelled.
    ///   - willInstall: called before anything is downloaded.
    /// - Returns: the path of its Python.
    /// - Throws: `ModelError` with `model-download-failed`; `StoreError` for the cache folder.
    func prepare(
        run: (String, [String]) throws -> ChildProcess.Ending, willInstall: () -> Void
    ) throws -> String {
        if isHere { return python }
        guard !isOffline else { throw failure("Downloads are switched off.") }
        guard let base = ChildProcess.find(pythonPath) else {
            throw failure("Python 3 is missing: install it (Debian: apt-get install python3 python3-venv).")
        }
        try DurableFile.makeFolder(tools)
        try DurableFile.checkSpace(for: Self.neededByteCount, at: tools)
        return try DurableFile.withLock(tools + "/.lock") {
            // Another process may have made it meanwhile; what one left behind that was killed is in the way.
            if isHere { return python }
            willInstall()
            try make(with: base, run: run)
            return python
        }
    }

    /// Builds it under another name and renames it last: Python finds its packages from where its program lies.
    private func make(with base: String, run: (String, [String]) throws -> ChildProcess.Ending) throws {
        let staged = folder + ".new"
        try? FileManager.default.removeItem(atPath: staged)
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: staged) }
        let made = try run(base, ["-m", "venv", staged])
        guard made.status == 0 else {
            throw failure("Python's venv is missing: install it (Debian: apt-get install python3-venv).", made)
        }
        let list = staged + "/requirements.txt"
        try Data(Self.packages.utf8).write(to: URL(fileURLWithPath: list))
        let installed = try run(
            staged + "/bin/python",
            [
                "-m", "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-input", "--quiet",
                "--disable-pip-version-check", "--progress-bar", "off", "--requirement", list,
            ])
        guard installed.status == 0 else {
            let isFull = installed.output.contains("No space left")
            throw failure(
                isFull ? "The disk is full." : "pip could not get its packages: check the network.", installed)
        }
        try Data().write(to: URL(fileURLWithPath: staged + "/complete"))
        try DurableFile.rename(staged, to: folder)
    }

    private func failure(_ reason: String, _ underlying: (any Error)? = nil) -> ModelError {
        ModelError(
            .downloadFailed,
            "NNCF, which makes 8-bit models, could not be installed. \(reason) Using an 8-bit model needs neither: one "
                + "made elsewhere can be copied with its data folder.",
            underlying: underlying)
    }
}
