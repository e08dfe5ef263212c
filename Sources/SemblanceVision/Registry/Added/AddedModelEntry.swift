import Foundation
import SemblanceCore

/// The file `entry.json` that says what an added model is. Its keys are not to be renamed: data folders hold them.
struct AddedModelEntry: Codable {
    /// Raised when older programs could not read the file.
    static let currentFormat = 1

    let format: Int
    let id: String
    let family: String
    let variant: String?
    let activation: NetworkOptions.Activation?
    let pooling: NetworkOptions.Pooling?
    let headWidth: Int?
    let output: String?
    /// Relative to the model's folder: a folder named after the version, then the weights file.
    let file: String
    let sha256: ContentHash
    let bytes: Int64
    let companions: [CompanionFile]?
    let notes: [String]?
    let dimension: Int
    let licence: String
    let summary: String
    let preprocessing: Preprocessing
    let tokenizer: TextTokenizer?

    init(_ manifest: ModelManifest, file: String, hash: ContentHash, byteCount: Int64) {
        format = Self.currentFormat
        id = manifest.modelID
        family = manifest.family
        variant = manifest.options.variant
        activation = manifest.options.activation
        pooling = manifest.options.pooling
        headWidth = manifest.options.headWidth
        output = manifest.options.output
        self.file = file
        sha256 = hash
        bytes = byteCount
        companions = manifest.companions.isEmpty ? nil : manifest.companions
        notes = manifest.notes.isEmpty ? nil : manifest.notes
        dimension = manifest.dimension
        licence = manifest.licence
        summary = manifest.summary
        preprocessing = manifest.preprocessing
        tokenizer = manifest.tokenizer
    }

    /// - Parameter folder: the model's folder: an absolute path.
    func manifest(in folder: String) -> ModelManifest {
        ModelManifest(
            modelID: id, family: family,
            options: NetworkOptions(
                variant: variant, activation: activation, pooling: pooling, headWidth: headWidth, output: output),
            source: .file(path: "\(folder)/\(file)"), fileHash: sha256, byteCount: bytes, dimension: dimension,
            licence: licence, summary: summary, preprocessing: preprocessing, tokenizer: tokenizer,
            notes: notes ?? [], companions: companions ?? [], origin: .added)
    }
}

extension AddedModelEntry {
    /// Reads the entry in a model's folder.
    /// - Throws: `model-invalid-manifest`.
    init(readingFrom folder: String, id: String) throws(ModelError) {
        guard let data = FileManager.default.contents(atPath: folder + "/entry.json"),
            let entry = try? JSONDecoder().decode(Self.self, from: data)
        else { throw Self.damaged(id) }
        guard entry.format <= Self.currentFormat else {
            throw ModelError(
                .invalidManifest,
                "The added model '\(id)' was written by a later version of this program; use that one, or add it again."
            )
        }
        // The entry could have been changed by hand: it must not lead out of its folder.
        let isInside = !entry.file.hasPrefix("/") && !entry.file.split(separator: "/").contains("..")
        let hasSafeCompanions = (entry.companions ?? []).allSatisfy { !$0.name.contains("/") }
        guard entry.id == id, isInside, hasSafeCompanions, (1...65_536).contains(entry.dimension) else {
            throw Self.damaged(id)
        }
        try entry.preprocessing.validate()
        self = entry
    }

    private static func damaged(_ id: String) -> ModelError {
        ModelError(
            .invalidManifest,
            "The added model '\(id)' has no readable 'entry.json'; remove it with 'semblance models remove \(id)' and "
                + "add it again.")
    }

    /// - Throws: `StoreError`.
    func write(to folder: String) throws {
        let path = "\(folder)/.entry-\(UUID().uuidString)"
        defer { unlink(path) }
        do {
            try encoded().write(to: URL(fileURLWithPath: path))
        } catch {
            throw StoreError(.notWritable, "The model's entry could not be written.", underlying: error)
        }
        try DurableFile.rename(path, to: folder + "/entry.json")
    }

    func isEqual(to other: Self) -> Bool {
        (try? encoded()) == (try? other.encoded())
    }

    private func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
