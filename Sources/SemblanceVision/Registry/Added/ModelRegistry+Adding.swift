import Foundation
import SemblanceCore

extension ModelRegistry {
    /// Takes a weights file in: recognises its family, loads it once to prove it, and stores a copy in the data folder.
    /// A file that a known model would have pulled becomes that model's weights instead, in the cache.
    ///
    /// The same file again changes nothing.
    /// - Throws: `ModelError`: what reading and loading throw, `model-id-taken`; `StoreError` for the data folder.
    public func add(_ addition: ModelAddition) async throws -> AddedModel {
        try await loading.run { [self] in
            if let known = try knownModel(for: addition) { return try takeIn(addition, as: known) }
            let manifest = try recognise(addition)
            try checkID(manifest.modelID)
            return try store(manifest, files: [addition.path], replacing: addition.isReplacing)
        }
    }

    /// Proves that a model can be loaded, then stores it in the data folder. Blocks.
    /// - Parameters:
    ///   - manifest: its source must be the first file.
    ///   - files: absolute paths: the weights file, then what belongs beside it.
    package func store(_ manifest: ModelManifest, files: [String], replacing isReplacing: Bool) throws -> AddedModel {
        guard let added else {
            throw ModelError(.invalidManifest, "There is no data folder to add a model to.")
        }
        try checkID(manifest.modelID)
        _ = try loader.load(manifest)
        let outcome = try added.store(manifest, files: files, replacing: isReplacing)
        let stored = try self.manifest(for: manifest.modelID)
        switch outcome {
        case .added: return AddedModel(manifest: stored, outcome: .added)
        case .unchanged: return AddedModel(manifest: stored, outcome: .unchanged)
        case .replaced: return AddedModel(manifest: stored, outcome: .replaced)
        }
    }

    /// Whether a model of this name was added, even if its entry cannot be read any more.
    public func hasAdded(_ name: String) -> Bool {
        guard let added, let modelID = try? manifest(for: name).modelID else { return added?.has(name) ?? false }
        return added.has(modelID)
    }

    /// Deletes a model that was added.
    /// - Returns: its id.
    /// - Throws: `model-unknown`; `model-in-use` for a model that was not added, saying what can be done.
    public func removeAdded(_ name: String) async throws -> String {
        let added = added
        // An entry that cannot be read is not among the models, and can be removed all the same.
        let modelID = (try? manifest(for: name))?.modelID ?? name
        if let fixed = fixedManifests.first(where: { $0.modelID == modelID }) {
            throw ModelError(
                .inUse,
                "'\(modelID)' was not added, so it cannot be removed: it is "
                    + (fixed.origin == .builtIn ? "built in." : "in the configuration.")
                    + " Its weights may be deleted from the cache folder.")
        }
        let isRemoved = try await loading.run { try added?.remove(modelID) ?? false }
        guard isRemoved else {
            throw ModelError(.unknownModel, "There is no added model '\(name.prefix(64))'.")
        }
        return modelID
    }

    /// Whether a model that takes minutes to make may have this id at all.
    func checkNew(_ modelID: String, replacing isReplacing: Bool) throws {
        guard let added else {
            throw ModelError(.invalidManifest, "There is no data folder to add a model to.")
        }
        guard ModelManifest.isValid(modelID: modelID) else { throw AddedModels.invalidID(modelID) }
        try checkID(modelID)
        guard isReplacing || !added.has(modelID) else { throw AddedModels.taken(modelID) }
    }

    private func checkID(_ modelID: String) throws {
        guard !fixedManifests.contains(where: { $0.modelID == modelID || $0.names.contains(modelID) }) else {
            throw ModelError(
                .idTaken,
                "The id '\(modelID)' belongs to a model of the registry, and this file is not its weights. "
                    + "Choose another with --id.")
        }
    }
}

// MARK: - Recognition

extension ModelRegistry {
    /// The manifest that a file's tensors and the user's words make. Blocks.
    func recognise(_ addition: ModelAddition) throws -> ModelManifest {
        let file = try CheckpointFile(path: addition.path)
        let found = try recognise(file, addition)
        var preprocessing = found.preprocessing
        if let size = addition.size {
            preprocessing = preprocessing.resized(to: size)
            try preprocessing.validate()
        }
        return ModelManifest(
            modelID: try addition.modelID ?? Self.modelID(fromFileName: file.name), family: found.family,
            options: addition.options, source: .file(path: addition.path), dimension: found.dimension,
            licence: addition.licence ?? "not stated", summary: addition.summary ?? "Added from \(file.name).",
            preprocessing: preprocessing, tokenizer: found.tokenizer, notes: found.notes, origin: .added)
    }

    private func recognise(_ file: CheckpointFile, _ addition: ModelAddition) throws(ModelError) -> RecognisedNetwork {
        let isONNX = addition.family == nil ? file.name.lowercased().hasSuffix(".onnx") : false
        guard isONNX || addition.family == ONNXImageModel.family else {
            return try RecognisedNetwork(file, family: addition.family, options: addition.options)
        }
        return RecognisedNetwork(
            try ONNXImageModel(
                file, options: addition.options, size: addition.size, runtime: loader.startedRuntime()))
    }

    /// The file's name without its ending, in the letters that an id may have.
    static func modelID(fromFileName name: String) throws -> String {
        let stem = (name as NSString).deletingPathExtension
        let text = String(
            stem.unicodeScalars.map { scalar -> Character in
                ModelManifest.isValid(modelID: "x" + String(scalar)) ? Character(scalar) : "-"
            }.prefix(64)
        ).trimmingCharacters(in: CharacterSet(charactersIn: ".-"))
        guard ModelManifest.isValid(modelID: text) else {
            throw ModelError(.invalidManifest, "The file's name '\(name)' makes no id: choose one with --id.")
        }
        return text
    }
}
