import Foundation
import SemblanceCore

extension ModelRegistry {
    /// Gets a model's weights, and the vocabulary of its texts: downloads, checks the hashes, and puts each file in
    /// place in one step. Files that are here and right are left alone; wrong ones are replaced. Cancelling the task ends
    /// the download; the next call goes on with it where the source can do that.
    /// - Parameters:
    ///   - acceptsLicence: whether the user has read and accepted the licence, where the model asks for it.
    ///   - progress: called as each step begins, on another thread.
    /// - Throws: `ModelError`: `model-unknown`, `model-download-failed`, `model-hash-mismatch`,
    ///   `model-licence-not-accepted`, and `model-weights-missing` for a source that cannot be downloaded; `StoreError`
    ///   for the cache folder.
    public func pull(
        _ modelID: String, acceptsLicence: Bool = false, progress: @escaping @Sendable (PullStep) -> Void = { _ in }
    ) async throws {
        let manifest = try manifest(for: modelID)
        if manifest.source == .withoutWeights { return progress(.alreadyHere) }
        var artefacts: [Artefact] = []
        if let weights = files.artefact(of: manifest) {
            artefacts.append(weights)
        } else {
            // A source that cannot be downloaded: opening says what to do.
            try await pulling.run { [files] in _ = try files.open(manifest) }
        }
        if manifest.tokenizer == .clip { artefacts.append(files.clipVocabularyArtefact) }
        var isAllHere = true
        for artefact in artefacts {
            if try await pulling.run({ artefact.isHere }) { continue }
            if artefact == artefacts.first { try checkLicence(of: manifest, acceptsLicence) }
            isAllHere = false
            try await pull(artefact, of: manifest, progress)
        }
        if isAllHere { progress(.alreadyHere) }
    }

    /// Whether the user has to accept the licence before the weights can be pulled.
    public func needsAcceptance(_ modelID: String) throws -> Bool {
        let manifest = try manifest(for: modelID)
        return manifest.needsLicenceAcceptance && files.byteCount(of: manifest) == nil
    }

    func checkLicence(of manifest: ModelManifest, _ acceptsLicence: Bool) throws(ModelError) {
        guard manifest.needsLicenceAcceptance, !acceptsLicence else { return }
        throw ModelError(
            .licenceNotAccepted,
            "'\(manifest.modelID)' has a licence that you must read and accept: \(manifest.licenceTerms ?? manifest.licence) "
                + "If you do, say so with --accept-licence.")
    }

    private func pull(
        _ artefact: Artefact, of manifest: ModelManifest, _ progress: @escaping @Sendable (PullStep) -> Void
    ) async throws {
        guard !configuration.isOffline else {
            throw ModelError(
                .downloadFailed,
                "\(artefact.title) could not be downloaded. Downloads are switched off. \(artefact.byHand)")
        }
        try DurableFile.makeFolder(artefact.folder)
        let lock = try await PullLock.take(artefact.folder + "/.pull.lock") { progress(.waiting) }
        defer { withExtendedLifetime(lock) {} }
        // Somebody else may have brought it meanwhile.
        if try await pulling.run({ artefact.isHere }) { return progress(.alreadyHere) }
        switch artefact.source {
        case .pythonPackage(let package): try await pull(package, as: artefact, progress)
        case .hub(let file):
            guard let downloader else {
                throw ModelError(
                    .downloadFailed, "\(artefact.title) could not be downloaded. \(artefact.byHand)")
            }
            try await HubPull(
                artefact: artefact, file: file, downloader: downloader, threads: pulling,
                prove: { [self] path in try prove(manifest, withWeightsAt: path) }, progress: progress
            ).run()
        case .file, .published, .withoutWeights: break
        }
    }

    private func pull(
        _ package: PythonPackage, as artefact: Artefact, _ progress: @escaping @Sendable (PullStep) -> Void
    ) async throws {
        let pull = PackagePull(
            package: package, artefact: artefact, modelsFolder: files.modelsFolder,
            pythonPath: configuration.pythonPath, progress: progress)
        try await withTaskCancellationHandler {
            try await pulling.run { try pull.run() }
        } onCancel: {
            pull.cancel()
        }
    }
}

extension ModelFiles {
    /// A model's weights as a file to get; `nil` if they cannot be downloaded.
    func artefact(of manifest: ModelManifest) -> Artefact? {
        switch manifest.source {
        case .file, .published, .withoutWeights: return nil
        case .pythonPackage, .hub:
            guard let path = path(of: manifest) else { return nil }
            return Artefact(
                title: "The weights of '\(manifest.modelID)'", source: manifest.source, path: path,
                hash: manifest.fileHash, byteCount: manifest.byteCount, modelID: manifest.modelID)
        }
    }

    /// CLIP's byte-pair vocabulary, which OpenCLIP's package holds (MIT).
    var clipVocabularyArtefact: Artefact {
        let package = PythonPackage(
            name: "open_clip_torch", version: "3.3.0",
            wheelHash: .builtIn("c549ad5ed6bfc119cc11105033c0a2b9d7a2a4afeb40a58a09aab3da1a0043ce"),
            file: "open_clip/\(BytePairVocabulary.clipFileName)")
        return Artefact(
            title: "The vocabulary of CLIP's texts", source: .pythonPackage(package), path: clipVocabulary,
            hash: .builtIn(BytePairVocabulary.clipHash), byteCount: 1_356_917,
            modelID: nil)
    }
}

extension ContentHash {
    /// A hash that is part of this program.
    static func builtIn(_ hexadecimal: String) -> ContentHash {
        guard let hash = ContentHash(hexadecimal: hexadecimal) else {
            preconditionFailure("a built-in hash has 64 hexadecimal digits: \(hexadecimal)")
        }
        return hash
    }
}
