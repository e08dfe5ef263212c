import Foundation
import SemblanceCore

/// One entry of the user's configuration. Messages are half sentences that the file's reader completes.
struct ModelConfigurationEntry {
    let modelID: String
    private let members: [String: JSONValue]
    private let folder: URL

    private static let keys: Set<String> = [
        "model_id", "model_type", "model_dim", "model_path", "model_subtype", "sha256", "licence", "summary",
        "preprocessing",
    ]

    init(_ value: JSONValue, folder: URL) throws(ModelError) {
        guard case .object(let members) = value else { throw Self.refused("it must be an object") }
        guard case .string(let modelID)? = members["model_id"], ModelManifest.isValid(modelID: modelID) else {
            throw Self.refused("'model_id' must be a name of letters, digits, '.', '_' and '-', at most 64")
        }
        if let unknown = members.keys.filter({ !Self.keys.contains($0) }).sorted().first {
            throw Self.refused(
                "'\(unknown.prefix(64))' is not a key; known are \(Self.keys.sorted().joined(separator: ", "))")
        }
        self.modelID = modelID
        self.members = members
        self.folder = folder
    }

    /// The manifest that the entry describes.
    /// - Parameter known: the manifest that has this id already.
    func manifest(changing known: ModelManifest?) throws(ModelError) -> ModelManifest {
        let family = try string("model_type") ?? known?.family
        guard let family else { throw Self.refused("'model_type' is missing: the family, such as efficientnet-lite") }
        var options = known?.options ?? NetworkOptions()
        if let variant = try string("model_subtype") { options.variant = variant }
        guard let dimension = try dimension() ?? known?.dimension else {
            throw Self.refused("'model_dim' is missing: the number of an embedding's components")
        }
        let source = try source()
        // Another file has another hash and size, unless the entry says otherwise.
        let kept = source == nil ? known : nil
        return ModelManifest(
            modelID: modelID, names: known?.names ?? [], family: family, options: options,
            source: source ?? known?.source ?? .published(name: nil),
            fileHash: try hash() ?? kept?.fileHash, byteCount: kept?.byteCount, dimension: dimension,
            licence: try string("licence") ?? known?.licence ?? "not stated",
            summary: try string("summary") ?? known?.summary ?? "From the configuration.",
            preprocessing: try preprocessing(family: family, options: options, known: known?.preprocessing),
            tokenizer: known?.tokenizer, needsLicenceAcceptance: kept?.needsLicenceAcceptance ?? false,
            origin: .configuration)
    }
}

extension ModelConfigurationEntry {
    private static func refused(_ text: String) -> ModelError { ModelError(.invalidManifest, text) }

    private func string(_ key: String) throws(ModelError) -> String? {
        switch members[key] {
        case nil, .null: return nil
        case .string(let text) where !text.isEmpty && text.utf8.count <= 1000: return text
        default: throw Self.refused("'\(key)' must be a text of 1 to 1,000 bytes, or null")
        }
    }

    private func dimension() throws(ModelError) -> Int? {
        switch members["model_dim"] {
        case nil, .null: return nil
        case .number(let number):
            guard let dimension = Int(exactly: number), (1...65_536).contains(dimension) else { fallthrough }
            return dimension
        default: throw Self.refused("'model_dim' must be a whole number from 1 to 65,536")
        }
    }

    private func hash() throws(ModelError) -> ContentHash? {
        guard let text = try string("sha256") else { return nil }
        guard let hash = ContentHash(hexadecimal: text) else {
            throw Self.refused("'sha256' must be 64 hexadecimal digits")
        }
        return hash
    }

    /// A path where the text has a slash or a weights file's ending, else a publisher's name for a model.
    private func source() throws(ModelError) -> ModelSource? {
        guard let text = try string("model_path") else { return nil }
        let endings = [".pth", ".pt", ".bin", ".safetensors", ".onnx"]
        guard text.contains("/") || endings.contains(where: text.lowercased().hasSuffix) else {
            return .published(name: text)
        }
        return .file(path: URL(fileURLWithPath: text, relativeTo: folder).standardizedFileURL.path)
    }

    private func preprocessing(
        family: String, options: NetworkOptions, known: Preprocessing?
    ) throws(ModelError) -> Preprocessing {
        var result =
            known ?? ArchitectureFamily.named(family)?.preprocessing(options: options)
            // A family that cannot be loaded yet is listed all the same; nothing reads this.
            ?? Preprocessing(size: 224, fit: .crop, mean: [0, 0, 0], deviation: [255, 255, 255])
        guard let value = members["preprocessing"], value != .null else { return result }
        guard case .object(let changes) = value else { throw Self.refused("'preprocessing' must be an object") }
        try PreprocessingChanges(members: changes).apply(to: &result)
        try result.validate()
        return result
    }
}
