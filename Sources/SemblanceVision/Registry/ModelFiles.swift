import Foundation
import SemblanceCore

/// The folders of weights and compiled models.
struct ModelFiles: Hashable, Sendable {
    let cacheFolder: String

    var modelsFolder: String { cacheFolder + "/models" }
    var compiledFolder: String { cacheFolder + "/openvino" }

    /// Where CLIP's vocabulary lies, or would: one for all models that read texts.
    var clipVocabulary: String { "\(modelsFolder)/clip-tokenizer/\(BytePairVocabulary.clipFileName)" }

    /// Where a model's weights lie, or would.
    func path(of manifest: ModelManifest) -> String? {
        if case .file(let path) = manifest.source { return path }
        return manifest.source.fileName.map { "\(modelsFolder)/\(manifest.modelID)/\($0)" }
    }

    /// Reads the vocabulary of a model's tokenizer.
    /// - Throws: `model-weights-missing`, `model-hash-mismatch`.
    func vocabulary(of tokenizer: TextTokenizer) throws(ModelError) -> BytePairVocabulary {
        switch tokenizer {
        case .clip: try BytePairVocabulary.clip(path: clipVocabulary)
        }
    }

    /// Bytes of a model's weights file; `nil` if it is not there.
    func byteCount(of manifest: ModelManifest) -> Int64? {
        guard let path = path(of: manifest) else { return nil }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// Opens a model's weights and checks their hash, and that of what lies beside them.
    /// - Returns: the weights file, and the hash of all files together.
    /// - Throws: `model-weights-missing`, `model-hash-mismatch`, saying how to mend it.
    func open(_ manifest: ModelManifest) throws(ModelError) -> (file: CheckpointFile, hash: ContentHash) {
        guard let path = path(of: manifest) else { throw Self.unavailable(manifest) }
        guard byteCount(of: manifest) != nil else { throw Self.missing(manifest) }
        let file = try CheckpointFile(path: path)
        let hash = file.contentHash
        if manifest.fileHash == nil { try artefact(of: manifest)?.check(hash) }
        if let expected = manifest.fileHash, hash != expected {
            throw ModelError(
                .hashMismatch,
                "The weights file '\(file.name)' of '\(manifest.modelID)' is not the published one: expected SHA-256 "
                    + "\(expected), not \(hash). \(Self.remedy(for: manifest))")
        }
        try checkCompanions(of: manifest, beside: path)
        return (file, manifest.combinedHash(weights: hash))
    }

    private func checkCompanions(of manifest: ModelManifest, beside path: String) throws(ModelError) {
        for companion in manifest.companions {
            let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
            let hash = try CheckpointFile(path: "\(folder)/\(companion.name)").contentHash
            guard hash == companion.hash else {
                throw ModelError(
                    .hashMismatch,
                    "The file '\(companion.name)' of '\(manifest.modelID)' has changed: expected SHA-256 "
                        + "\(companion.hash), not \(hash). \(Self.remedy(for: manifest))")
            }
        }
    }

    private static func remedy(for manifest: ModelManifest) -> String {
        if manifest.source.isRemote {
            return "It was not used. Run 'semblance models pull \(manifest.modelID)' to get it again."
        }
        if manifest.origin == .added { return "It was not used. Add it again with 'semblance models add'." }
        return "It was not used. Put the right file in its place, or correct 'sha256' in the configuration."
    }

    private static func missing(_ manifest: ModelManifest) -> ModelError {
        if manifest.source.isRemote {
            return ModelError(
                .weightsMissing,
                "The weights of '\(manifest.modelID)' are not on this machine. "
                    + "Run 'semblance models pull \(manifest.modelID)' to get them.")
        }
        if manifest.origin == .added {
            return ModelError(
                .weightsMissing,
                "The weights file of the added model '\(manifest.modelID)' is gone from the data folder. "
                    + "Add it again with 'semblance models add'.")
        }
        return ModelError(
            .weightsMissing,
            "The weights file of '\(manifest.modelID)' is not where the configuration says ('model_path').")
    }

    private static func unavailable(_ manifest: ModelManifest) -> ModelError {
        ModelError(
            .weightsMissing,
            "The weights of '\(manifest.modelID)' cannot be had by name. "
                + "Set 'model_path' of its entry in the configuration to a weights file.")
    }
}
