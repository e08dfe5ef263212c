import Foundation
import SemblanceCore

extension AddedModels {
    /// What storing a model did.
    package enum Outcome: Hashable, Sendable {
        case added
        /// The same files were there already, under the same id and with the same entry.
        case unchanged
        /// Other files, or another entry, took the id over: another version of the model.
        case replaced
    }

    /// Copies a model's files into the data folder and makes it known in one step. Blocks.
    ///
    /// Beside a running `serve` it is as safe as anywhere: one writer at a time, and readers see whole entries only.
    /// - Parameters:
    ///   - manifest: what to store; its source, hash, size and companions are taken from `files`.
    ///   - files: absolute paths: the weights file, then what belongs beside it. Their names are kept.
    ///   - isReplacing: whether another model of this id may go.
    /// - Throws: `model-id-taken`, `model-invalid-manifest`, `model-weights-missing`; `StoreError` with `disk-full`,
    ///   `data-folder-not-writable`.
    package func store(_ manifest: ModelManifest, files: [String], replacing isReplacing: Bool) throws -> Outcome {
        guard ModelManifest.isValid(modelID: manifest.modelID), !files.isEmpty else {
            throw Self.invalidID(manifest.modelID)
        }
        let entry = try entry(for: manifest, files: files)
        try DurableFile.makeFolder(folder)
        return try DurableFile.withLock(folder + "/.lock") {
            removeAbandonedFolders()
            let before = try? AddedModelEntry(readingFrom: path(of: manifest.modelID), id: manifest.modelID)
            if let before {
                let isSame = before.isEqual(to: entry)
                if isSame, hasFiles(of: before) { return .unchanged }
                guard isSame || isReplacing else { throw Self.taken(manifest.modelID) }
            }
            try install(
                entry, files: files, keepsFiles: before.map { $0.file == entry.file && hasFiles(of: $0) } ?? false)
            return before == nil ? .added : .replaced
        }
    }

    /// Forgets a model and deletes its files.
    /// - Returns: whether there was one.
    /// - Throws: `StoreError`.
    package func remove(_ modelID: String) throws -> Bool {
        guard has(modelID) else { return false }
        return try DurableFile.withLock(folder + "/.lock") {
            // First the entry: whoever looks meanwhile finds a model or none.
            guard unlink(path(of: modelID) + "/entry.json") == 0 || errno == ENOENT else {
                throw DurableFile.error(errno)
            }
            try? FileManager.default.removeItem(atPath: path(of: modelID))
            return true
        }
    }
}

// MARK: - Steps

extension AddedModels {
    static func invalidID(_ modelID: String) -> ModelError {
        ModelError(
            .invalidManifest,
            "'\(modelID.prefix(80))' is not a model's id: letters, digits, '.', '_' and '-', at most 64.")
    }

    static func taken(_ modelID: String) -> ModelError {
        ModelError(
            .idTaken,
            "The id '\(modelID)' belongs to another model already. Choose another with --id, or put this one in its "
                + "place with --replace: images must be indexed again then.")
    }

    private func entry(for manifest: ModelManifest, files: [String]) throws -> AddedModelEntry {
        let hashes = try files.map { try CheckpointFile(path: $0).contentHash }
        var manifest = manifest
        manifest.companions = zip(files, hashes).dropFirst().map {
            CompanionFile(name: DurableFile.name(of: $0), hash: $1)
        }
        let version = manifest.combinedHash(weights: hashes[0]).hexadecimal.prefix(12)
        return AddedModelEntry(
            manifest, file: "\(version)/\(DurableFile.name(of: files[0]))", hash: hashes[0],
            byteCount: DurableFile.byteCount(files[0]) ?? 0)
    }

    private func hasFiles(of entry: AddedModelEntry) -> Bool {
        let manifest = entry.manifest(in: path(of: entry.id))
        return (try? ModelFiles(cacheFolder: folder).open(manifest)) != nil
    }

    /// The files' folder first, then the entry that names it, then away with what the last entry named.
    /// - Parameter keepsFiles: whether only the entry is another.
    private func install(_ entry: AddedModelEntry, files: [String], keepsFiles: Bool) throws {
        let home = path(of: entry.id)
        let version = String(entry.file.prefix { $0 != "/" })
        if !keepsFiles { try placeFiles(files, of: entry, in: home, version: version) }
        try entry.write(to: home)
        removeOtherVersions(than: version, in: home)
    }

    private func placeFiles(_ files: [String], of entry: AddedModelEntry, in home: String, version: String) throws {
        let staged = "\(folder)/.new-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: staged) }
        try DurableFile.makeFolder(staged)
        try DurableFile.checkSpace(for: files.compactMap(DurableFile.byteCount).reduce(0, +), at: folder)
        let expected = [entry.sha256] + (entry.companions ?? []).map(\.hash)
        for (file, hash) in zip(files, expected) {
            let copy = "\(staged)/\(DurableFile.name(of: file))"
            try DurableFile.copy(file, to: copy)
            guard try CheckpointFile(path: copy).contentHash == hash else {
                throw ModelError(
                    .hashMismatch, "'\(DurableFile.name(of: file))' changed while it was copied; try again.")
            }
        }
        try DurableFile.makeFolder(home)
        try? FileManager.default.removeItem(atPath: "\(home)/\(version)")
        try DurableFile.rename(staged, to: "\(home)/\(version)")
    }

    private func removeOtherVersions(than version: String, in home: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: home)) ?? []
        where name != version && name != "entry.json" {
            try? FileManager.default.removeItem(atPath: "\(home)/\(name)")
        }
    }

    /// What a killed process left behind: the lock is held, so nobody is writing one.
    private func removeAbandonedFolders() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(".new-") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}
