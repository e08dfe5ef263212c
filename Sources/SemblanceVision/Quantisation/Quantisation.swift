import Foundation
import SemblanceCore
import Synchronization

/// A step of `ModelRegistry.quantise`, for people to watch.
public enum QuantisationStep: Hashable, Sendable, CustomStringConvertible {
    case installing
    case loading
    /// Pictures run through the network so far.
    case calibrating(Int, of: Int)
    case writing
    case comparing

    public var description: String {
        switch self {
        case .installing: "installing NNCF into a private Python of the cache folder (once; about 250 MB to download)"
        case .loading: "reading the network"
        case .calibrating(let count, let total): "calibrating with picture \(count) of \(total)"
        case .writing: "choosing 8-bit numbers and writing them"
        case .comparing: "comparing it with its base"
        }
    }
}

/// One run of NNCF over a float network. Blocks; `cancel()` may be called from any thread.
///
/// Everything happens in a folder of its own in the cache; `remove()` takes it away, however the run ended.
final class Quantisation: Sendable {
    private let network: Network
    private let preprocessing: Preprocessing
    private let environment: QuantisationEnvironment
    private let progress: @Sendable (QuantisationStep) -> Void
    private let child = Mutex<(current: ChildProcess?, isCancelled: Bool)>((nil, false))
    private let folder: String

    var graphPath: String { folder + "/model.xml" }
    var weightsPath: String { OpenVINOImageModel.weightsPath(of: graphPath) }

    init(
        _ network: Network, preprocessing: Preprocessing, environment: QuantisationEnvironment,
        progress: @escaping @Sendable (QuantisationStep) -> Void
    ) {
        self.network = network
        self.preprocessing = preprocessing
        self.environment = environment
        self.progress = progress
        folder = "\(environment.cacheFolder)/tools/.quantise-\(UUID().uuidString)"
    }

    func cancel() {
        child.withLock { child in
            child.isCancelled = true
            child.current?.terminate()
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// Writes the 8-bit network to `graphPath` and `weightsPath`.
    /// - Throws: `ModelError`: `model-download-failed`, `model-quantisation-failed`; `StoreError`; `CancellationError`.
    func run(_ pictures: [PreparedImage]) throws {
        let python = try environment.prepare { program, arguments in
            try runChild(program, arguments)
        } willInstall: {
            progress(.installing)
        }
        removeAbandonedFolders()
        try DurableFile.makeFolder(folder)
        try DurableFile.checkSpace(for: neededByteCount(pictures), at: folder)
        try writeJob(pictures)
        progress(.loading)
        let ending = try runChild(python, ["-I", folder + "/quantise.py", folder + "/job.json"]) { [self] line in
            report(line, of: pictures.count)
        }
        try check(ending)
    }
}

// MARK: - Steps

extension Quantisation {
    private var graphByteCount: Int {
        if case .onnx(let bytes) = network.body { bytes.count } else { 0 }
    }

    private func neededByteCount(_ pictures: [PreparedImage]) -> Int64 {
        Int64(2 * graphByteCount + pictures.reduce(0) { $0 + $1.pixels.count } + 10_000_000)
    }

    private func writeJob(_ pictures: [PreparedImage]) throws {
        try NumPyPictures.write(pictures, size: preprocessing.size, to: folder + "/pictures.npy")
        let graph: String
        switch network.body {
        case .onnx(let bytes):
            graph = folder + "/model.onnx"
            try write(bytes, to: graph)
        case .openVINO(let path): graph = path
        }
        try write(Data(QuantisationScript.text.utf8), to: folder + "/quantise.py")
        try write(JSONSerialization.data(withJSONObject: job(graph)), to: folder + "/job.json")
    }

    private func job(_ graph: String) -> [String: Any] {
        let isIdentity = network.input.element == .uint8
        return [
            "model": graph, "output": graphPath, "pictures": folder + "/pictures.npy", "size": preprocessing.size,
            "takes_batches": network.takesBatches, "layout": network.input.layout.rawValue,
            "element": "\(network.input.element)", "channels": preprocessing.channels.rawValue,
            "mean": isIdentity ? [0, 0, 0] : preprocessing.mean.map(Double.init),
            "deviation": isIdentity ? [1, 1, 1] : preprocessing.deviation.map(Double.init),
        ]
    }

    private func write(_ bytes: Data, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DurableFile.error(errno) }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { try DurableFile.write($0[...], to: descriptor) }
    }

    private func report(_ line: String, of total: Int) {
        guard line.hasPrefix(QuantisationScript.mark) else { return }
        let words = line.dropFirst(QuantisationScript.mark.count).split(separator: " ")
        switch words.first {
        case "calibrating": progress(.calibrating(words.last.flatMap { Int($0) } ?? 0, of: total))
        case "writing": progress(.writing)
        default: break
        }
    }

    private func check(_ ending: ChildProcess.Ending) throws {
        guard ending.status != QuantisationScript.alreadyQuantised else {
            throw ModelError(.quantisationFailed, "The model is an 8-bit model already.")
        }
        let isWritten = access(graphPath, R_OK) == 0 && access(weightsPath, R_OK) == 0
        guard ending.status == 0, isWritten else {
            let isFull = ending.output.contains("No space left")
            if isFull { throw StoreError(.diskFull, "The disk is full: make room and try again.", underlying: ending) }
            let isKilled = ending.status == SIGKILL
            throw ModelError(
                .quantisationFailed,
                isKilled
                    ? "NNCF was ended by the system, most likely for want of memory. Try a smaller --count."
                    : "NNCF could not make an 8-bit model of this network; --verbose shows what it said.",
                underlying: ending)
        }
    }

    private func runChild(
        _ program: String, _ arguments: [String], onLine: @escaping (String) -> Void = { _ in }
    ) throws -> ChildProcess.Ending {
        // NNCF sends nothing about its use when it believes to be in continuous integration.
        let process = ChildProcess(program, arguments, environment: ["NNCF_CI": "1", "PYTHONUNBUFFERED": "1"])
        try child.withLock { child in
            guard !child.isCancelled else { throw CancellationError() }
            child.current = process
        }
        defer { child.withLock { $0.current = nil } }
        let ending: ChildProcess.Ending
        do {
            ending = try process.run(onLine: onLine)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ModelError(.quantisationFailed, "Python could not be started.", underlying: error)
        }
        guard !child.withLock({ $0.isCancelled }) else { throw CancellationError() }
        return ending
    }

    /// What a killed run left behind, a day ago or more.
    private func removeAbandonedFolders() {
        let tools = environment.cacheFolder + "/tools"
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: tools)) ?? [] where name.hasPrefix(".quantise-") {
            let path = "\(tools)/\(name)"
            let changed = (try? manager.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            if let changed, changed < Date(timeIntervalSinceNow: -86_400) { try? manager.removeItem(atPath: path) }
        }
    }
}
