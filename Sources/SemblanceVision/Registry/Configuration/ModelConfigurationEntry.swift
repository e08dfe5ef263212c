import Foundation
import SemblanceCore

/// One entry of the user's configuration. Messages are half sentences that the file's reader completes.
struct ModelConfigurationEntry {
    let modelID: String
    private let values: ModelConfigurationValues
    private let folder: URL

    init(_ value: JSONValue, folder: URL) throws(ModelError) {
        values = try ModelConfigurationValues(value)
        modelID = try values.modelID()
        self.folder = folder
    }

    /// The manifest that the entry describes.
    /// - Parameter known: the manifest that has this id, or this name, already.
    func manifest(changing known: ModelManifest?) throws(ModelError) -> ModelManifest {
        let weights = try source()
        // Under a known id, null leaves that model's weights as they are; a publisher's name says which ones.
        let published = try (known == nil || weights.isPublishersName ? publishedModel(weights) : nil)
        let base = published ?? known
        guard let family = try values.string("model_type") ?? base?.family else {
            throw .entry("'model_type' is missing: the family, such as efficientnet-lite")
        }
        let options = try options(changing: base?.options, family: family)
        guard let dimension = try values.dimension() ?? base?.dimension else {
            throw .entry("'model_dim' is missing: the number of an embedding's components")
        }
        let source = published == nil ? weights : nil
        // Another file has another hash and size, unless the entry says otherwise.
        let kept = source == nil ? base : nil
        return ModelManifest(
            modelID: known?.modelID ?? modelID, names: try values.names() ?? known?.names ?? [], family: family,
            options: options, source: source ?? base?.source ?? .published(name: nil),
            fileHash: try values.hash() ?? kept?.fileHash, byteCount: kept?.byteCount, dimension: dimension,
            licence: try values.string("licence") ?? base?.licence ?? "not stated",
            summary: try values.string("summary") ?? base?.summary ?? "From the configuration.",
            preprocessing: try preprocessing(family: family, options: options, known: base?.preprocessing),
            tokenizer: try values.choice("tokenizer", of: TextTokenizer.self) ?? base?.tokenizer,
            needsLicenceAcceptance: kept?.needsLicenceAcceptance ?? false, licenceTerms: kept?.licenceTerms,
            origin: .configuration)
    }
}

// MARK: - Weights

extension ModelConfigurationEntry {
    /// The built-in model that the prototype's words mean: its `model_path` was a publisher's name or null.
    private func publishedModel(_ weights: ModelSource?) throws(ModelError) -> ModelManifest? {
        guard let family = try values.string("model_type") else { return nil }
        let tag = try values.string("model_subtype")
        return switch weights {
        case nil: PublishedModels.model(family: family, name: nil, tag: tag)
        case .published(let name)?: PublishedModels.model(family: family, name: name, tag: tag)
        case .file?, .hub?, .pythonPackage?, .withoutWeights?: nil
        }
    }

    /// An address, a path, or a publisher's name.
    private func source() throws(ModelError) -> ModelSource? {
        guard let url = try values.string("url") else { return try pathSource() }
        guard try values.string("model_path") == nil else {
            throw .entry("'url' and 'model_path' exclude each other: where are the weights?")
        }
        let file = HubFile(url: url)
        let isLocal = ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { url.hasPrefix($0) }
        guard url.hasPrefix("https://") || isLocal, file.name != nil else {
            throw .entry("'url' must be the https:// address of a weights file")
        }
        return .hub(file)
    }

    /// A path where the text has a slash or a weights file's ending, else a publisher's name for a model.
    private func pathSource() throws(ModelError) -> ModelSource? {
        guard let text = try values.string("model_path") else { return nil }
        let endings = [".pth", ".pt", ".bin", ".safetensors", ".onnx", ".xml"]
        guard text.contains("/") || endings.contains(where: text.lowercased().hasSuffix) else {
            return .published(name: text)
        }
        return .file(path: URL(fileURLWithPath: text, relativeTo: folder).standardizedFileURL.path)
    }
}

extension ModelSource? {
    fileprivate var isPublishersName: Bool {
        if case .published(.some)? = self { true } else { false }
    }
}

// MARK: - Network

extension ModelConfigurationEntry {
    private func options(changing known: NetworkOptions?, family: String) throws(ModelError) -> NetworkOptions {
        var options = known ?? NetworkOptions()
        let subtype = try values.string("model_subtype")
        if family != PublishedModels.clipFamily {
            options.variant = subtype ?? options.variant
        } else if subtype == "openai" {
            // OpenCLIP's tag for weights, which says nothing of shapes; these had another nonlinearity than the rest.
            options.activation = .quickGELU
        }
        let activation = try values.choice("activation", of: NetworkOptions.Activation.self)
        options.activation = activation ?? options.activation
        let pooling = try values.choice("pooling", of: NetworkOptions.Pooling.self)
        options.pooling = pooling ?? options.pooling
        options.headWidth = try values.whole("head_width", in: 1...1024) ?? options.headWidth
        options.output = try values.string("output") ?? options.output
        return options
    }

    private func preprocessing(
        family: String, options: NetworkOptions, known: Preprocessing?
    ) throws(ModelError) -> Preprocessing {
        var result =
            known ?? ArchitectureFamily.named(family)?.preprocessing(options: options)
            ?? ClassicalFamily.named(family)?.preprocessing
            // Of a family that says nothing of its own: what most networks on ImageNet were trained with.
            ?? ModelManifest.imageNet(resizeTo: 256, filter: .bilinear)
        guard let changes = try values.object("preprocessing") else { return result }
        try PreprocessingChanges(members: changes).apply(to: &result)
        try result.validate()
        return result
    }
}

extension ModelError {
    /// What is wrong with an entry, as half a sentence.
    static func entry(_ text: String) -> ModelError { ModelError(.invalidManifest, text) }
}
