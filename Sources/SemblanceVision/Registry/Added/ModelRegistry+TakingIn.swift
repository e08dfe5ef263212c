import Foundation
import SemblanceCore

/// Files that were fetched by hand for a model of the registry.
extension ModelRegistry {
    /// The model whose weights a file is: the one that was named, or the one with this hash.
    /// - Throws: `model-id-taken` if it is named and is to be read in another way than its publisher's.
    func knownModel(for addition: ModelAddition) throws -> ModelManifest? {
        let pullable = fixedManifests.filter { $0.source.isRemote }
        if let name = addition.modelID {
            let known = pullable.first { $0.modelID == name } ?? pullable.first { $0.names.contains(name) }
            if let known, !addition.isAsPublished { throw Self.settled(known) }
            return known
        }
        // Whoever says how to read it wants a model of their own.
        guard addition.isAsPublished else { return nil }
        let file = try CheckpointFile(path: addition.path)
        let hash = file.contentHash
        return pullable.first { $0.fileHash == hash } ?? pullable.first { Self.hasPrefix($0, of: hash, file.name) }
    }

    private static func settled(_ manifest: ModelManifest) -> ModelError {
        ModelError(
            .idTaken,
            "How '\(manifest.modelID)' is read is settled: it is a model of the registry. Leave the family and its options "
                + "away, or choose another --id for a model of your own.")
    }

    /// Eight digits of a hash could be met by chance, but not together with the name.
    private static func hasPrefix(_ manifest: ModelManifest, of hash: ContentHash, _ name: String) -> Bool {
        guard manifest.fileHash == nil, case .hub(let file) = manifest.source, let prefix = file.hashPrefix else {
            return false
        }
        return file.name == name && hash.hexadecimal.hasPrefix(prefix)
    }

    /// Puts a file where the pull would have put it.
    func takeIn(_ addition: ModelAddition, as manifest: ModelManifest) throws -> AddedModel {
        guard let artefact = files.artefact(of: manifest) else {
            throw ModelError(
                .invalidManifest, "The weights of '\(manifest.modelID)' have no place in the cache folder.")
        }
        let hash = try CheckpointFile(path: addition.path).contentHash
        try artefact.check(hash)
        try checkLicence(of: manifest, addition.acceptsLicence)
        if artefact.isHere { return AddedModel(manifest: manifest, outcome: .unchanged) }
        if artefact.hash == nil { try prove(manifest, withWeightsAt: addition.path) }
        try place(addition.path, as: artefact, hash: hash)
        return AddedModel(manifest: manifest, outcome: .recognised)
    }

    /// Where nobody has published the hash, whether a file is a model like this one at all shows when it is loaded.
    /// Blocks.
    func prove(_ manifest: ModelManifest, withWeightsAt path: String) throws {
        var trial = manifest
        trial.source = .file(path: path)
        _ = try loader.load(trial)
    }

    private func place(_ path: String, as artefact: Artefact, hash: ContentHash) throws {
        try DurableFile.makeFolder(artefact.folder)
        try DurableFile.checkSpace(for: DurableFile.byteCount(path) ?? 0, at: artefact.folder)
        let copy = "\(artefact.path).\(UUID().uuidString)"
        defer { unlink(copy) }
        try DurableFile.copy(path, to: copy)
        guard try CheckpointFile(path: copy).contentHash == hash else {
            throw ModelError(.hashMismatch, "'\(DurableFile.name(of: path))' changed while it was copied; try again.")
        }
        if artefact.hash == nil { try PinnedHash(of: artefact.path).write(hash) }
        try DurableFile.rename(copy, to: artefact.path)
    }
}
